// HTTP/3 for tests: a stock Envoy is the client. It accepts HTTP/1.1 and HTTP/2 on loopback, which every test client
// speaks, and passes each request on over QUIC. Knows how to leave a request unchanged; refuses to know what is in it.
import { fileURLToPath } from "node:url";
import { bootstrap, type Config } from "../../../runner/config/bootstrap.ts";
import { cluster } from "../../../runner/config/cluster.ts";
import { httpListener, type KeyPair } from "../../../runner/config/listener.ts";
import { startEnvoy, type EnvoyProcess } from "../../../runner/process.ts";
import { envoyBinary } from "../ground.ts";

const pem = (name: string): string => fileURLToPath(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url));

/** What an HTTP/3 listener of a test presents; the client trusts nothing else. Valid for a hundred years. */
export const http3KeyPair: KeyPair = { certificate: pem("http3"), key: pem("http3.key") };
/** The name in that certificate: QUIC compares it with the name it asked for. */
const serverName = "http3.test";

export interface Http3ClientOptions {
  /** UDP ports of HTTP/3 listeners on loopback (from `EnvoyProcess.listenerPort`), each with a name. */
  to: Record<string, number>;
  /** Another Envoy than the one of the other tests. */
  binary?: string;
}

export interface Http3Client {
  envoy: EnvoyProcess;
  /** Requests to this port of 127.0.0.1, in plaintext HTTP/1.1 or HTTP/2, reach the listener of that name as HTTP/3. */
  port(name: string): number;
  stop(): Promise<void>;
}

/** Starts a client with a port for each of these listeners. */
export async function startHttp3Client({ to, binary }: Http3ClientOptions): Promise<Http3Client> {
  const names = Object.keys(to);
  const clusters = Object.entries(to).map(([name, port]) => http3Cluster(name, port));
  const config = bootstrap({ id: "http3-client", cluster: "tests" }, names.map(listenerTo), clusters);
  const envoy = await startEnvoy({ binary: binary ?? (await envoyBinary), name: "http3-client", config });
  const ports = new Map<string, number>();
  for (const name of names) ports.set(name, await envoy.listenerPort(name));
  const port = (name: string): number => {
    const found = ports.get(name);
    if (found === undefined) throw new Error(`no port leads to ${name}, only to: ${names.join(", ")}`);
    return found;
  };
  return { envoy, port, stop: () => envoy.stop() };
}

function listenerTo(name: string): Config {
  const route: Config = { cluster: name, timeout: "0s", idle_timeout: "0s" };
  const tunnel = { upgrade_configs: [{ upgrade_type: "CONNECT" }] };
  const router = {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
    suppress_envoy_headers: true,
  };
  return httpListener({
    name,
    address: "127.0.0.1",
    port: 0,
    direction: "UNSPECIFIED",
    routeName: name,
    virtualHosts: [
      {
        name,
        domains: ["*"],
        routes: [
          { match: { connect_matcher: {} }, route: { ...route, ...tunnel } },
          { match: { prefix: "/" }, route },
        ],
      },
    ],
    filters: [],
    connectionManager: {
      http_filters: [{ name: "envoy.filters.http.router", typed_config: router }],
      ...untouched,
    },
  });
}

/** Fields of a connection manager that changes as little as possible: only `x-forwarded-proto`, to https. */
const untouched: Config = {
  generate_request_id: false,
  preserve_external_request_id: true,
  skip_xff_append: true,
  server_header_transformation: "PASS_THROUGH",
  proxy_100_continue: true,
  stream_idle_timeout: "0s",
  max_request_headers_kb: 8192,
  // As every HTTP/3 client sends it.
  scheme_header_transformation: { scheme_to_overwrite: "https" },
  http_protocol_options: { enable_trailers: true },
  http2_protocol_options: { allow_connect: true },
  upgrade_configs: [{ upgrade_type: "websocket" }, { upgrade_type: "CONNECT" }],
};

function http3Cluster(name: string, port: number): Config {
  const options = {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    explicit_http_config: { http3_protocol_options: { allow_extended_connect: true } },
  };
  return {
    ...cluster(name, [{ host: "127.0.0.1", port }]),
    connect_timeout: "10s",
    typed_extension_protocol_options: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options },
    transport_socket: {
      name: "envoy.transport_sockets.quic",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport",
        upstream_tls_context: {
          sni: serverName,
          common_tls_context: { validation_context: { trusted_ca: { filename: http3KeyPair.certificate } } },
        },
      },
    },
  };
}

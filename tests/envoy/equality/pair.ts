// The pair: one real Envoy with the native Zipkin tracer and one with Lightspan, each with its receiver, in front of
// the same upstreams. Knows how both are started, visited and stopped; refuses to know what is compared.
import { networkInterfaces } from "node:os";
import { startEnvoy, type EnvoyProcess } from "../../../runner/process.ts";
import { envoyBinary } from "../ground.ts";
import { startHttp3Client, type Http3Client } from "../http3/http3.ts";
import { configuration, lightspan, listeners, zipkin, type ListenerName } from "./config.ts";
import { startLightstep, startZipkin, type Observed, type Receiver } from "./spans.ts";
import { startUpstreams } from "./upstream.ts";
import { Visit, type Ids } from "./visit.ts";

/** Whether this machine has an IPv6 loopback. */
export const hasIpv6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ address }) => address === "::1"),
);

const names = listeners.filter((name) => name !== "ipv6" || hasIpv6);

/** One Envoy of the pair. */
export interface Side {
  envoy: EnvoyProcess;
  /** Passes requests on to the HTTP/3 listener. */
  client: Http3Client;
  receiver: Receiver;
  visit(listener: ListenerName, ids: Ids): Visit;
  /** The spans of the trace or of the request id. */
  spansOf(ids: Ids): Observed[];
  /** Returns a function that returns what Envoy has logged since. */
  listen(): () => string;
}

export interface Pair {
  native: Side;
  ours: Side;
  stop(): Promise<void>;
}

async function startSide(envoy: EnvoyProcess, receiver: Receiver): Promise<Side> {
  const ports = new Map<ListenerName, number>();
  for (const name of names) ports.set(name, await envoy.listenerPort(name));
  const client = await startHttp3Client({ to: { http3: ports.get("http3") ?? 0 } });
  ports.set("http3", client.port("http3"));
  return {
    envoy,
    client,
    receiver,
    visit: (listener, ids) => new Visit(listener === "ipv6" ? "::1" : "127.0.0.1", ports.get(listener) ?? 0, ids),
    spansOf: (ids) => receiver.spans().filter((span) => isOf(span, ids)),
    listen: () => {
      // Not by length: the log drops its beginning.
      const mark = envoy.log().slice(-400);
      return () => envoy.log().slice(mark === "" ? 0 : envoy.log().lastIndexOf(mark) + mark.length);
    },
  };
}

/** Matches the trace or the request id; in the latter, Envoy may have changed digit 14, which says why it is traced. */
export function isOf(span: Observed, { traceId, requestId }: Ids): boolean {
  const seen = span.tags["guid:x-request-id"] ?? "";
  const isSameRequest = seen.slice(0, 14) === requestId.slice(0, 14) && seen.slice(15) === requestId.slice(15);
  return isSameRequest || span.traceId === traceId.slice(-16);
}

/** Starts everything. If a part fails, nothing is left running. */
export async function startPair(): Promise<Pair> {
  const upstreams = await startUpstreams();
  const receivers = [await startZipkin(), await startLightstep()] as const;
  const [zipkinReceiver, lightstepReceiver] = receivers;
  const binary = await envoyBinary;
  const launch = (name: string, tracer: Parameters<typeof configuration>[0]): Promise<EnvoyProcess> =>
    startEnvoy({
      binary,
      name,
      config: configuration(tracer, upstreams, names),
      concurrency: 2,
      componentLogLevel: "http:debug,router:debug,tracing:debug,wasm:debug",
    });
  const starting = [
    launch("with the Zipkin tracer", zipkin(zipkinReceiver)),
    launch("with Lightspan", lightspan(lightstepReceiver)),
  ] as const;
  const sides: Side[] = [];
  const stop = async (): Promise<void> => {
    const started = await Promise.allSettled(starting);
    await Promise.all(sides.map(({ client }) => client.stop()));
    await Promise.all(started.map((each) => (each.status === "fulfilled" ? each.value.stop() : undefined)));
    upstreams.close();
    await Promise.all(receivers.map((receiver) => receiver.close()));
  };
  try {
    const [first, second] = await Promise.all(starting);
    const native = await startSide(first, zipkinReceiver);
    sides.push(native);
    const ours = await startSide(second, lightstepReceiver);
    sides.push(ours);
    return { native, ours, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

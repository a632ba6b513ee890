// The collector, from the user's URL or from `lightstep`. It knows Istio's cluster names and Lightstep's public
// endpoints, but no manifests.
import { isIP } from "node:net";
import { Refusal } from "../refusal.mjs";

/**
 * @typedef {"lightstep" | "otlp" | "zipkin"} Protocol
 * @typedef {"http" | "grpc"} Transport
 *
 * @typedef {object} Collector
 * @property {string} host Fully qualified.
 * @property {number} port
 * @property {boolean} tls
 * @property {string | undefined} namespace The namespace of a service in the mesh; undefined outside the mesh.
 * @property {string} cluster The Envoy cluster that Istio creates for it.
 */

/** Lightstep's public endpoints, by protocol and transport. */
export const lightstepEndpoints = {
  "lightstep http": "https://collector.lightstep.com:443",
  "lightstep grpc": "https://collector-grpc.lightstep.com:443",
  "otlp http": "https://ingest.lightstep.com:443",
  "otlp grpc": "https://ingest.lightstep.com:443",
};

/** The path of a report, which the collector's own sidecar must not trace. */
export const reportPaths = {
  "lightstep http": "/api/v2/reports",
  "lightstep grpc": "/lightstep.collector.CollectorService/Report",
  "otlp http": "/v1/traces",
  "otlp grpc": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  "zipkin http": "/api/v2/spans",
};

/** DNS names with at least one dot, which Istio requires in a ServiceEntry. */
const hostName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/;

/** A Kubernetes service: its name and its namespace. */
const serviceName = /^([^.]+)\.([^.]+)\.svc(\.|$)/;

/** The port that Istio knows a collector outside the mesh by, whatever it listens on; serviceentry.yaml says why. */
export const externalPort = 80;

/**
 * The collector named by `text`. Throws Refusal.
 * @param {string} text
 * @param {Protocol} protocol
 * @param {Transport} transport
 * @returns {Collector}
 */
export function collectorOf(text, protocol, transport) {
  const url = urlOf(text === "lightstep" ? publicEndpoint(protocol, transport) : text, text);
  const tls = url.protocol === "https:";
  const port = Number(url.port || (tls ? 443 : 80));
  const service = serviceName.exec(url.hostname);
  const host = url.hostname.endsWith(".svc") ? `${url.hostname}.cluster.local` : url.hostname;
  const namespace = service?.[2];
  const cluster = `outbound|${namespace === undefined ? externalPort : port}||${host}`;
  return { host, port, tls, namespace, cluster };
}

/**
 * @param {Protocol} protocol
 * @param {Transport} transport
 */
function publicEndpoint(protocol, transport) {
  const endpoint = Object.entries(lightstepEndpoints).find(([key]) => key === `${protocol} ${transport}`)?.[1];
  if (endpoint === undefined) throw new Refusal("--collector", "lightstep", "with --protocol lightstep or otlp only");
  return endpoint;
}

/**
 * @param {string} text
 * @param {string} given
 */
function urlOf(text, given) {
  const allowed = "lightstep, http://HOST:PORT or https://HOST:PORT, where a service of the mesh is NAME.NAMESPACE.svc";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.username !== "" || url.port === "0")
    throw new Refusal("--collector", given, allowed);
  if (!hostName.test(url.hostname) || isIP(url.hostname) !== 0) throw new Refusal("--collector", given, allowed);
  if (/\.svc(\.cluster\.local)?$/.test(url.hostname) && !serviceName.test(url.hostname))
    throw new Refusal("--collector", given, allowed);
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    throw new Refusal("--collector", given, `${url.origin}; --config '{"collector":{"path":…}}' is for another path`);
  return url;
}

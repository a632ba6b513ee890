// Routes as Istio writes them in the absence of a VirtualService. Knows the domains that a service answers to.
import type { Config } from "./bootstrap.ts";
import { hostOf, inboundName, operationOf, outboundName, type Service } from "./service.ts";

/** One route. The decorator has no effect without HCM tracing. It is here because Istio always writes it. */
export function route(match: Config, cluster: string, operation: string): Config {
  return { name: "default", match, route: { cluster, timeout: "0s" }, decorator: { operation } };
}

/** Every way of calling a service from inside its namespace. */
export function domainsOf(service: Service): string[] {
  const { name, namespace, port } = service;
  const names = [hostOf(service), name, `${name}.${namespace}.svc`, `${name}.${namespace}`];
  return names.flatMap((domain) => [domain, `${domain}:${port}`]);
}

/** The virtual host of a service in a sidecar's outbound listener. */
export function outboundVirtualHost(service: Service): Config {
  return {
    name: `${hostOf(service)}:${service.port}`,
    domains: domainsOf(service),
    routes: [route({ prefix: "/" }, outboundName(service), operationOf(service))],
  };
}

/** The one virtual host of a sidecar's inbound listener. */
export function inboundVirtualHost(service: Service): Config {
  return {
    name: `inbound|http|${service.port}`,
    domains: ["*"],
    routes: [route({ prefix: "/" }, inboundName(service), operationOf(service))],
  };
}

// A Kubernetes service and the names that Istio makes from it. Knows spelling only.

export interface Service {
  name: string;
  namespace: string;
  port: number;
}

/** `reviews.default.svc.cluster.local` */
export function hostOf({ name, namespace }: Service): string {
  return `${name}.${namespace}.svc.cluster.local`;
}

/** `outbound|9080||reviews.default.svc.cluster.local` */
export function outboundName(service: Service, subset = ""): string {
  return `outbound|${service.port}|${subset}|${hostOf(service)}`;
}

/** `inbound|9080||` */
export function inboundName(service: Service): string {
  return `inbound|${service.port}||`;
}

/** The operation name that Istio gives to a route: `reviews.default.svc.cluster.local:9080/*` */
export function operationOf(service: Service, path = "/*"): string {
  return `${hostOf(service)}:${service.port}${path}`;
}

// Bookinfo as one table: its pods, the service each belongs to, and the services it calls.
// Everything else (node ids, listeners, clusters, the order of starting, the expected trace) follows from it.
import type { Workload } from "../runner/config/node.ts";
import type { Service } from "../runner/config/service.ts";

export type ServiceName = "productpage" | "details" | "reviews" | "ratings";

export interface BookinfoWorkload extends Workload {
  app: ServiceName;
  version: string;
  calls: ServiceName[];
}

/** The slow version of reviews, which the demo is about. */
export const slowWorkload = "reviews-v3";

function service(name: ServiceName): Service {
  return { name, namespace: "default", port: 9080 };
}

export const services: Record<ServiceName, Service> = {
  productpage: service("productpage"),
  details: service("details"),
  reviews: service("reviews"),
  ratings: service("ratings"),
};

function pod(app: ServiceName, version: string, suffix: string, ip: string, calls: ServiceName[]): BookinfoWorkload {
  const name = `${app}-${version}`;
  const serviceAccount = `bookinfo-${app}`;
  return { name, pod: `${name}-${suffix}`, namespace: "default", app, version, ip, serviceAccount, calls };
}

export const workloads: BookinfoWorkload[] = [
  pod("productpage", "v1", "6b746f74dc-9rlmh", "127.0.1.6", ["details", "reviews"]),
  pod("details", "v1", "79f774bdb9-6jl84", "127.0.1.5", []),
  pod("reviews", "v1", "545db77b95-v2dkf", "127.0.1.1", []),
  pod("reviews", "v2", "7bf8c9648f-q5gxj", "127.0.1.2", ["ratings"]),
  pod("reviews", "v3", "78f7bbb948-2mb96", "127.0.1.3", ["ratings"]),
  pod("ratings", "v1", "b6994bb98-kw4qk", "127.0.1.4", []),
];

export const ingress: Workload = {
  name: "istio-ingressgateway",
  pod: "istio-ingressgateway-6d4c9b8f7d-x5tzm",
  namespace: "istio-system",
  app: "istio-ingressgateway",
  ip: "127.0.1.7",
  serviceAccount: "istio-ingressgateway-service-account",
};

/** The workload with this name, such as `reviews-v3`. */
export function workload(name: string): BookinfoWorkload {
  const found = workloads.find((each) => each.name === name);
  if (found === undefined) throw new Error(`Bookinfo has no workload ${name}`);
  return found;
}

/** The workloads of a service; requests are balanced across them. */
export function workloadsOf(name: ServiceName): BookinfoWorkload[] {
  return workloads.filter(({ app }) => app === name);
}

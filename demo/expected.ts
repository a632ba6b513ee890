// Derives the expected trace of a page view from the topology, and finds what is wrong with an actual one.
// Knows the shape of Lightspan's spans; refuses to know how they arrived.
import { istioNode } from "../runner/config/node.ts";
import { operationOf } from "../runner/config/service.ts";
import type { Span, Trace } from "../satellite/store/traces.ts";
import { ingress, services, workloadsOf, type BookinfoWorkload, type ServiceName } from "./topology.ts";

/** The reviews workload that answered in this trace, according to the version tag. */
export function reviewsOf(trace: Trace): BookinfoWorkload | undefined {
  const span = trace.spans.find(({ service, kind }) => service === "reviews.default" && kind === "server");
  return workloadsOf("reviews").find(({ version }) => version === span?.version);
}

/** The differences between `trace` and the whole trace of one page view. */
export function faultsOf(trace: Trace): string[] {
  const reviews = reviewsOf(trace);
  if (reviews === undefined) return ["no server span of reviews.default with a version that exists"];
  const expected = expectedPaths(reviews);
  const found = trace.spans.map((span) => pathTo(span, trace));
  const faults = expected.filter((path) => !found.includes(path)).map((path) => `missing: ${path}`);
  faults.push(...found.filter((path) => !expected.includes(path)).map((path) => `unexpected: ${path}`));
  if (faults.length === 0 && found.length > expected.length) faults.push("some spans are there twice");

  const nodeId = istioNode("sidecar", reviews).id;
  const ofReviews = trace.spans.filter(({ service }) => service === "reviews.default");
  if (ofReviews.some(({ tags }) => tags.node_id !== nodeId)) faults.push(`a span of reviews has not node_id ${nodeId}`);
  return faults;
}

/** Every span of a page view, as the path from the root to it. */
function expectedPaths(reviews: BookinfoWorkload): string[] {
  const paths: string[] = [];
  const call = (above: string, caller: string, name: ServiceName): void => {
    const client = above + step("client", caller, operationOf(services[name]));
    const server = `${client} > ${step("server", `${name}.default`, operationOf(services[name]))}`;
    paths.push(client, server);
    const callee = name === "reviews" ? reviews : workloadsOf(name)[0];
    for (const next of callee?.calls ?? []) call(`${server} > `, `${name}.default`, next);
  };
  call("", `${ingress.app}.${ingress.namespace}`, "productpage");
  return paths;
}

function pathTo(span: Span, trace: Trace): string {
  const steps: string[] = [];
  let next: Span | undefined = span;
  // Parents may form a cycle, so this takes at most one step per span.
  while (next !== undefined && steps.length < trace.spans.length) {
    steps.unshift(step(next.kind, next.service, next.operation));
    const parentId: string | null = next.parentId;
    if (parentId === null) break;
    next = trace.spans.find(({ spanId }) => spanId === parentId);
    if (next === undefined) steps.unshift(`(a span that did not come, ${parentId})`);
  }
  return steps.join(" > ");
}

function step(kind: string, service: string, operation: string): string {
  return `${kind} ${service} ${operation}`;
}

import { findEnvoy } from "../../envoy/find.ts";
import { Progress } from "../../envoy/progress.ts";
import { headerFilters, lightspanFilter, routerFilter } from "../../envoy/config/filter.ts";
import { countInstructions } from "./instructions/main.ts";
import { CONTINUED, lightspan, native, NO_TRACING, UNSAMPLED, type Variant } from "./envoys/variant.ts";
const path = "/tmp/rt/lightspan.wasm";
const envoy = await findEnvoy(console.error);
const BOTH = ["b3multi", "tracecontext"];
function ls(name: string, inject: string[], headers: Record<string,string> | undefined, filters?: any[], more: any = {}): Variant {
  const v = lightspan(name, name, path, { propagation: { inject, ...(filters ? { via: "filter_state" } : {}) }, log: { trace_id: false }, ...more });
  const f = filters && [lightspanFilter({ wasm: path, config: v.wasm!.config as any }), ...filters, routerFilter()];
  return { ...v, ...(headers ? { headers } : {}), ...(headers === UNSAMPLED ? { spans: "none" } : {}), ...(f ? { connectionManager: { http_filters: f } } : {}) } as Variant;
}
const [remove, write] = headerFilters();
const small = structuredClone(write) as any;
small.typed_config.mutations.request_mutations = small.typed_config.mutations.request_mutations.filter((m: any) => !["x-b3-flags", "b3", "tracestate"].includes(m.append.header.key));
const variants: Variant[] = [
  NO_TRACING,
  { ...NO_TRACING, name: "filters", label: "no tracing, the two filters", connectionManager: { http_filters: [remove, write, routerFilter()] } },
  { ...NO_TRACING, name: "write", label: "no tracing, write alone", connectionManager: { http_filters: [write, routerFilter()] } },
  native("opentelemetry"),
  ls("fresh both headers", BOTH, undefined),
  ls("fresh both states", BOTH, undefined, [remove, write]),
  ls("fresh both states, write alone", BOTH, undefined, [write]),
  ls("fresh both states, write of 5 alone", BOTH, undefined, [small]),
  ls("fresh b3multi headers", ["b3multi"], undefined),
  ls("fresh b3multi states", ["b3multi"], undefined, [remove, write]),
  { ...NO_TRACING, name: "none-continued", label: "no tracing, continued", headers: CONTINUED },
  ls("continued both headers", BOTH, CONTINUED),
  ls("continued both states", BOTH, CONTINUED, [remove, write]),
  ls("unsampled both headers", BOTH, UNSAMPLED),
  ls("unsampled both states", BOTH, UNSAMPLED, [remove, write]),
  ls("unsampled b3multi headers", ["b3multi"], UNSAMPLED),
  ls("unsampled b3multi states", ["b3multi"], UNSAMPLED, [remove, write]),
];
const rows = await countInstructions(envoy, variants, new Progress(process.stderr));
for (const r of rows) console.log((r.perRequest / 1000).toFixed(1).padStart(8), r.label);
process.exit(0);

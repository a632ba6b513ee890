// Which host functions this VM may call. Envoy's `capability_restriction_config` can deny each of them: a denied function answers
// every call with DENIED and does nothing, and Envoy logs a line for each call. So each function is called once, at the first
// configuration, in a way that makes Envoy answer but do nothing, such as with a map, a metric or a context that doesn't exist.
// Denied callbacks cannot be found this way: filter/callbacks.ts looks for those.
import {
  proxy_call_foreign_function,
  proxy_define_metric,
  proxy_done,
  proxy_get_buffer_bytes,
  proxy_get_current_time_nanoseconds,
  proxy_get_header_map_pairs,
  proxy_get_header_map_value,
  proxy_get_property,
  proxy_get_shared_data,
  proxy_http_call,
  proxy_increment_metric,
  proxy_log,
  proxy_remove_header_map_value,
  proxy_replace_header_map_value,
  proxy_set_effective_context,
  proxy_set_property,
  proxy_set_shared_data,
  proxy_set_tick_period_milliseconds,
} from "@solo-io/proxy-runtime/assembly/imports";
import { allocate } from "../bytes/arena";
import { warn } from "./log";
import { addressCell, sizeCell } from "./memory";
import { DENIED } from "./status";
import { environ_get, environ_sizes_get } from "./wasi_snapshot_preview1";

/** A header map, a buffer, a log level or a type of metric that no host has. */
const NONE: i32 = 99;
/** An address outside of any memory. */
const NOWHERE: usize = usize.MAX_VALUE;

let hasProbed: bool = false;
/** The denied functions that every configuration needs, separated by commas. */
let missing: string = "";
let canSetProperty: bool = true;
let canReadEnvironment: bool = true;
let canCallForeign: bool = true;
let canShare: bool = true;

function need(name: string, status: u32): void {
  if (status === DENIED) missing = listed(missing, name);
}

function listed(names: string, name: string): string {
  return names.length > 0 ? names + ", " + name : name;
}

function probe(root: u32): void {
  need("proxy_log", proxy_log(NONE, 0, 0));
  need("proxy_get_buffer_bytes", proxy_get_buffer_bytes(NONE, 0, 0, addressCell, sizeCell));
  need("proxy_get_property", proxy_get_property(0, 0, addressCell, sizeCell));
  need("proxy_get_current_time_nanoseconds", proxy_get_current_time_nanoseconds(addressCell));
  need("proxy_get_header_map_pairs", proxy_get_header_map_pairs(NONE, addressCell, sizeCell));
  need("proxy_get_header_map_value", proxy_get_header_map_value(NONE, 0, 0, addressCell, sizeCell));
  need("proxy_replace_header_map_value", proxy_replace_header_map_value(NONE, 0, 0, 0, 0));
  need("proxy_remove_header_map_value", proxy_remove_header_map_value(NONE, 0, 0));
  need("proxy_define_metric", proxy_define_metric(NONE, 0, 0, addressCell));
  need("proxy_increment_metric", proxy_increment_metric(0, 0));
  // No timer of this VM is set yet.
  need("proxy_set_tick_period_milliseconds", proxy_set_tick_period_milliseconds(0));
  need("proxy_set_effective_context", proxy_set_effective_context(root));
  need("proxy_http_call", proxy_http_call(0, 0, 0, 0, 0, 0, 0, 0, 0, addressCell));
  // The root context isn't waiting for it.
  need("proxy_done", proxy_done());
  canSetProperty = proxy_set_property(0, 0, 0, 0) !== DENIED;
  canReadEnvironment =
    environ_sizes_get(addressCell, sizeCell) === 0 &&
    environ_get(allocate(<usize>load<u32>(addressCell) * 4), allocate(load<u32>(sizeCell))) === 0;
  canCallForeign = proxy_call_foreign_function(0, 0, 0, 0, addressCell, sizeCell) !== DENIED;
  canShare =
    proxy_get_shared_data(0, 0, addressCell, sizeCell, addressCell) !== DENIED &&
    proxy_set_shared_data(NOWHERE, 1, NOWHERE, 1, 0) !== DENIED;
}

/**
 * Why a configuration of the root context `root` cannot work in this VM; "" if it can. `setsFilterState` and
 * `readsEnvironment` say whether it needs what only some configurations need.
 */
export function missingCapabilities(root: u32, setsFilterState: bool, readsEnvironment: bool): string {
  if (!hasProbed) probe(root);
  hasProbed = true;
  let names = missing;
  if (setsFilterState && !canSetProperty)
    names = listed(names, "proxy_set_property (or no log.trace_id, no propagation.via of filter_state)");
  if (readsEnvironment && !canReadEnvironment)
    names = listed(names, "environ_sizes_get, environ_get (or no access_token_env, no tags.environment)");
  return names.length > 0 ? "capability_restriction_config denies " + names + ": add to its allowed_capabilities" : "";
}

/** Logs the cost of each denied function that Lightspan can do without. */
export function tellOfCosts(isRandom: bool): void {
  tell(isRandom, "random_get", "ids come from the clock, the node and the first connection");
  tell(canCallForeign, "proxy_call_foreign_function", "a span costs ten host calls more, and no report is compressed");
  tell(canShare, "proxy_get_shared_data, proxy_set_shared_data", "spans of a VM that fails stay in the gauges");
}

function tell(isAllowed: bool, name: string, cost: string): void {
  if (!isAllowed) warn("capability_restriction_config denies " + name + ": " + cost);
}

// HTTP calls, buffers, timers, and the context that they act for: all of them belong to a root context.
import { readPairs } from "../headers.ts";
import type { HostFunction } from "../link.ts";
import { BAD_ARGUMENT, INVALID_MEMORY_ACCESS, NOT_FOUND, OK } from "../status.ts";
import type { HttpCall, Vm } from "../vm.ts";

// WasmBufferType
const CALL_RESPONSE_BODY = 4;
const PLUGIN_CONFIGURATION = 7;

const NEEDED = [":method", ":path", ":authority"];

function dispatch(vm: Vm, args: number[]): number {
  const [cluster = 0, clusterSize = 0, pairs = 0, pairsSize = 0, body = 0, bodySize = 0] = args;
  const [timeoutMs = 0, tokenCell = 0] = args.slice(8);
  const guest = vm.guest;
  if (!guest.holds(pairs, pairsSize) || !guest.holds(body, bodySize)) return INVALID_MEMORY_ACCESS;
  const name = guest.latin1(cluster, clusterSize);
  guest.setU32(tokenCell, 0);
  if (timeoutMs < 0 || (vm.clusters !== null && !vm.clusters.has(name))) return BAD_ARGUMENT;
  const headers = readPairs(guest.copy(pairs, pairsSize));
  if (!NEEDED.every((needed) => headers.some(([header]) => header === needed))) return BAD_ARGUMENT;
  const call: HttpCall = {
    token: ++vm.lastToken,
    cluster: name,
    headers,
    body: guest.copy(body, bodySize),
    timeoutMs,
    root: vm.context.root.id,
    state: "in flight",
  };
  vm.calls.push(call);
  vm.inFlight.set(call.token, call);
  guest.setU32(tokenCell, call.token);
  return OK;
}

export function callImports(vm: Vm): Record<string, HostFunction> {
  const guest = vm.guest;
  return {
    proxy_http_call: (...args) => dispatch(vm, args),
    proxy_get_buffer_bytes(type = 0, start = 0, length = 0, addressCell = 0, sizeCell = 0) {
      const root = vm.context.root;
      let buffer: Uint8Array | null = null;
      if (type === CALL_RESPONSE_BODY) buffer = root.answer?.body ?? null;
      if (type === PLUGIN_CONFIGURATION) buffer = root.configuration;
      if (buffer === null) return NOT_FOUND;
      const from = start >>> 0;
      // Like Envoy, leaves the cells alone if there is nothing to hand over.
      if (from < buffer.length && length !== 0) {
        guest.hand(buffer.subarray(from, from + (length >>> 0)), addressCell, sizeCell);
      }
      return OK;
    },
    proxy_set_tick_period_milliseconds(period = 0) {
      vm.context.root.tickPeriod = period >>> 0;
      return OK;
    },
    proxy_set_effective_context(id = 0) {
      const context = vm.contexts.get(id >>> 0);
      if (!context) return BAD_ARGUMENT;
      vm.effective = context;
      return OK;
    },
    proxy_done() {
      const root = vm.context;
      if (!root.isPendingDone) return NOT_FOUND;
      root.isPendingDone = false;
      vm.released.push(root);
      return OK;
    },
  };
}

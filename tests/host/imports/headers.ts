// Header maps: which of them each callback can access, and the answer for the others (Envoy
// source/extensions/common/wasm/context.cc, getMap and getConstMap).
import type { HeaderMap } from "../headers.ts";
import type { HostFunction } from "../link.ts";
import { BAD_ARGUMENT, NOT_FOUND, OK } from "../status.ts";
import type { Vm } from "../vm.ts";

// WasmHeaderMapType
const REQUEST_HEADERS = 0;
const RESPONSE_HEADERS = 2;
const RESPONSE_TRAILERS = 3;
const CALL_RESPONSE_HEADERS = 6;
const CALL_RESPONSE_TRAILERS = 7;
const LAST = 8;

const NO_PAIRS = new Uint8Array(0);

function mapOf(vm: Vm, type: number): HeaderMap | null {
  const context = vm.context;
  if (type === REQUEST_HEADERS) return context.requestHeaders;
  if (type === RESPONSE_HEADERS) return context.responseHeaders;
  if (type === RESPONSE_TRAILERS) return context.responseTrailers;
  if (type === CALL_RESPONSE_HEADERS) return context.root.answer?.headers ?? null;
  return type === CALL_RESPONSE_TRAILERS ? (context.root.answer?.trailers ?? null) : null;
}

/** A map that can be changed now. */
function writableMapOf(vm: Vm, type: number): HeaderMap | null {
  const isAnswer = type === CALL_RESPONSE_HEADERS || type === CALL_RESPONSE_TRAILERS;
  return vm.context.isLogging || isAnswer ? null : mapOf(vm, type);
}

export function headerImports(vm: Vm): Record<string, HostFunction> {
  const guest = vm.guest;
  return {
    proxy_get_header_map_pairs(type = 0, addressCell = 0, sizeCell = 0) {
      if (type > LAST) return BAD_ARGUMENT;
      // Like Envoy, hands over an inaccessible map as an empty one, with OK.
      guest.hand(mapOf(vm, type)?.pairs() ?? NO_PAIRS, addressCell, sizeCell);
      return OK;
    },
    proxy_get_header_map_value(type = 0, name = 0, nameSize = 0, addressCell = 0, sizeCell = 0) {
      const map = mapOf(vm, type);
      if (map === null) return vm.context.isLogging ? NOT_FOUND : BAD_ARGUMENT;
      const value = map.get(guest.latin1(name, nameSize).toLowerCase());
      if (value === undefined) return NOT_FOUND;
      guest.handText(value, addressCell, sizeCell);
      return OK;
    },
    proxy_replace_header_map_value(type = 0, name = 0, nameSize = 0, value = 0, valueSize = 0) {
      const map = writableMapOf(vm, type);
      if (map === null) return BAD_ARGUMENT;
      map.replace(guest.latin1(name, nameSize).toLowerCase(), guest.latin1(value, valueSize));
      return OK;
    },
    proxy_remove_header_map_value(type = 0, name = 0, nameSize = 0) {
      const map = writableMapOf(vm, type);
      if (map === null) return BAD_ARGUMENT;
      map.remove(guest.latin1(name, nameSize).toLowerCase());
      return OK;
    },
  };
}

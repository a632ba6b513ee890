// Header maps of the current stream, and of the collector's current answer.
import {
  proxy_get_header_map_pairs,
  proxy_get_header_map_value,
  proxy_remove_header_map_value,
  proxy_replace_header_map_value,
} from "@solo-io/proxy-runtime/assembly/imports";
import { Slice } from "../bytes/slice";
import { addressCell, sizeCell, takeResult } from "./memory";
import { OK } from "./status";

export const REQUEST: i32 = 0;
export const RESPONSE: i32 = 2;
export const RESPONSE_TRAILERS: i32 = 3;
export const CALL_RESPONSE: i32 = 6;
export const CALL_RESPONSE_TRAILERS: i32 = 7;

/** All headers of `map` as the host serialises them (bytes/fields.ts). False, and `into` empty, if there is no such map now. */
export function readPairs(map: i32, into: Slice): bool {
  into.clear();
  if (proxy_get_header_map_pairs(map, addressCell, sizeCell) !== OK) return false;
  takeResult(into);
  return into.size > 0;
}

/** The first value of the header `name`. False, and `into` empty, if it is absent. */
export function readHeader(map: i32, name: Slice, into: Slice): bool {
  into.clear();
  if (proxy_get_header_map_value(map, name.at, name.size, addressCell, sizeCell) !== OK) return false;
  takeResult(into);
  return true;
}

/** Makes `value` the only value of the header. On request headers this clears the route cache. The host's status. */
export function replaceHeader(map: i32, name: usize, nameSize: u32, value: usize, valueSize: u32): u32 {
  return proxy_replace_header_map_value(map, name, nameSize, value, valueSize);
}

/** Removes all values of the header. On request headers this clears the route cache. The host's status. */
export function removeHeader(map: i32, name: usize, nameSize: u32): u32 {
  return proxy_remove_header_map_value(map, name, nameSize);
}

// Attributes of the stream and of the node (Envoy: "Attributes"). NUL joins the parts of a path. Numbers arrive as eight bytes,
// little-endian; times and durations are in nanoseconds.
import { proxy_get_property, proxy_set_property } from "@solo-io/proxy-runtime/assembly/imports";
import { over, Slice, text, toText } from "../bytes/slice";
import { addressCell, sizeCell, takeResult } from "./memory";
import { OK } from "./status";

/** The raw value. False, and `into` empty, if it is absent in this phase or in this Envoy. */
export function readProperty(path: Slice, into: Slice): bool {
  into.clear();
  if (proxy_get_property(path.at, path.size, addressCell, sizeCell) !== OK) return false;
  takeResult(into);
  return true;
}

/** Sets the filter state `wasm.` + `path` of the current stream, for access logs; the host's status. */
export function writeProperty(path: Slice, value: usize, size: u32): u32 {
  return proxy_set_property(path.at, path.size, value, size);
}

/** A property of the node as text; "" if absent. Asks `xds.node` (Envoy 1.29 and later), then `node`. Allocates. */
export function readNode(path: string): string {
  let value = over(0, 0);
  let found = readProperty(text("xds\0node\0" + path), value) || readProperty(text("node\0" + path), value);
  return found ? toText(value) : "";
}

/** The whole node, an envoy.config.core.v3.Node as protobuf. False, and `into` empty, if the host has none. */
export function readNodeMessage(into: Slice): bool {
  return readProperty(text("xds\0node"), into) || readProperty(text("node"), into);
}

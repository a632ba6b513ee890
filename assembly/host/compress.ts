// Compression by the host (Envoy: foreign function "compress"), which has zlib already: the module need not.
import { proxy_call_foreign_function } from "@solo-io/proxy-runtime/assembly/imports";
import { Slice, text } from "../bytes/slice";
import { addressCell, sizeCell, takeResult } from "./memory";
import { DENIED, OK } from "./status";

const COMPRESS: Slice = text("compress");

/** Once denied it is denied for good, and each further try would be a line in Envoy's log. */
let isDenied: bool = false;

/** zlib's form of `size` bytes at `at`, which is HTTP's `deflate`; false, and empty, if the host does not do it. */
export function deflate(at: usize, size: u32, into: Slice): bool {
  into.clear();
  if (isDenied) return false;
  let status = proxy_call_foreign_function(COMPRESS.at, COMPRESS.size, at, size, addressCell, sizeCell);
  isDenied = status === DENIED;
  if (status !== OK) return false;
  takeResult(into);
  return into.size > 0;
}

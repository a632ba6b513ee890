// Compression by the host (Envoy: foreign function "compress"): it has zlib, so the module needs none.
import { proxy_call_foreign_function } from "@solo-io/proxy-runtime/assembly/imports";
import { Slice, text } from "../bytes/slice";
import { addressCell, sizeCell, takeResult } from "./memory";
import { DENIED, OK } from "./status";

const COMPRESS: Slice = text("compress");

/** A denial is for good, and Envoy would log each further try. */
let isDenied: bool = false;

/** Compresses `size` bytes at `at` to zlib's format, which is HTTP's `deflate`. False, and `into` empty, if the host fails. */
export function deflate(at: usize, size: u32, into: Slice): bool {
  into.clear();
  if (isDenied) return false;
  let status = proxy_call_foreign_function(COMPRESS.at, COMPRESS.size, at, size, addressCell, sizeCell);
  isDenied = status === DENIED;
  if (status !== OK) return false;
  takeResult(into);
  return into.size > 0;
}

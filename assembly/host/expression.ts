// Expressions in CEL, which the host compiles once and evaluates on the current stream (Envoy: foreign functions "expr_create"
// and "expr_evaluate"). An expression belongs to the root context that had it compiled, and ends with it.
import { proxy_call_foreign_function } from "@solo-io/proxy-runtime/assembly/imports";
import { Slice, text } from "../bytes/slice";
import { addressCell, sizeCell, takeResult } from "./memory";
import { OK } from "./status";

const CREATE: Slice = text("expr_create");
const EVALUATE: Slice = text("expr_evaluate");

/** The host refused to compile it, or cannot. */
export const NO_EXPRESSION: u32 = u32.MAX_VALUE;

const tokenCell: usize = memory.data(4, 4);

/** Has the host compile `cel` for the current root context; NO_EXPRESSION if it fails. */
export function compile(cel: Slice): u32 {
  if (proxy_call_foreign_function(CREATE.at, CREATE.size, cel.at, cel.size, addressCell, sizeCell) !== OK)
    return NO_EXPRESSION;
  return load<u32>(sizeCell) === 4 ? load<u32>(load<usize>(addressCell)) : NO_EXPRESSION;
}

/**
 * The value of `expression` on the current stream. A list has the form of pairs (bytes/fields.ts) with empty second halves.
 * False, and `into` empty, if there is no value: a single absent attribute leaves the whole expression without one.
 */
export function evaluate(expression: u32, into: Slice): bool {
  into.clear();
  if (expression === NO_EXPRESSION) return false;
  store<u32>(tokenCell, expression);
  if (proxy_call_foreign_function(EVALUATE.at, EVALUATE.size, tokenCell, 4, addressCell, sizeCell) !== OK) return false;
  takeResult(into);
  return true;
}

// Functions that Envoy offers by name (source/extensions/common/wasm/foreign.cc): compression, and expressions. Only
// expressions that list attributes, or that compare some with numbers, are supported here.
import { deflateSync } from "node:zlib";
import type { HostFunction } from "../link.ts";
import { BAD_ARGUMENT, INTERNAL_FAILURE, INVALID_MEMORY_ACCESS, NOT_FOUND, OK } from "../status.ts";
import type { Comparison, Expression, ListChoice, ListItem, Vm } from "../vm.ts";

/** `has(a.b)?[…]:[…]` */
const CHOICE = /^has\((\w+(?:\.\w+)+)\)\?\[([^\]]+)\]:\[([^\]]+)\]$/;
/** `a.b`, or `has(a.b)?a.b:0`, or `has(a.b)?a.b:''`. */
const ITEM = /^(?:has\((?<asked>\w+(?:\.\w+)+)\)\?\k<asked>:(?<fallback>0|'')|(?<path>\w+(?:\.\w+)+))$/;

/** `a.b<500`, or `a.b<=duration('250ms')`. */
const COMPARISON = /^(\w+(?:\.\w+)+)(<=|<|>)(?:(\d+)|duration\('(\d+)ms'\))$/;
/** `!(a.b in [1,2])` */
const NOT_IN = /^!\((\w+(?:\.\w+)+) in \[(\d+(?:,\d+)*)\]\)$/;

function pathOf(name: string): string {
  return name.replaceAll(".", "\0");
}

function comparisonOf(text: string): Comparison | undefined {
  const [, excluded, list = ""] = NOT_IN.exec(text) ?? [];
  if (excluded !== undefined) return { path: pathOf(excluded), operator: "not in", than: list.split(",").map(BigInt) };
  const [, name, operator = "", number, ms] = COMPARISON.exec(text) ?? [];
  if (name === undefined) return undefined;
  return { path: pathOf(name), operator, than: [number === undefined ? BigInt(ms ?? 0) * 1_000_000n : BigInt(number)] };
}

function comparisonsOf(text: string): Comparison[] | undefined {
  const parts = text.split("&&").map(comparisonOf);
  const comparisons = parts.filter((part) => part !== undefined);
  return comparisons.length < parts.length ? undefined : comparisons;
}

function holds(value: bigint, { operator, than }: Comparison): boolean {
  const [limit = 0n] = than;
  if (operator === "not in") return !than.includes(value);
  if (operator === ">") return value > limit;
  return operator === "<" ? value < limit : value <= limit;
}

function listOf(texts: string | undefined): ListItem[] | undefined {
  const items = (texts ?? "").split(",").map(itemOf);
  const list = items.filter((item) => item !== undefined);
  return list.length < items.length ? undefined : list;
}

function choiceOf(text: string): ListChoice | undefined {
  const [, asked = "", ...lists] = CHOICE.exec(text) ?? [];
  const [present, absent] = lists.map(listOf);
  if (present === undefined || absent === undefined) return undefined;
  return { asked: pathOf(asked), present, absent };
}

function itemOf(text: string): ListItem | undefined {
  const { asked, fallback, path } = ITEM.exec(text)?.groups ?? {};
  if (path !== undefined) return { path: pathOf(path) };
  if (asked === undefined) return undefined;
  // An integer is eight bytes.
  return { path: pathOf(asked), fallback: fallback === "0" ? new Uint8Array(8) : new Uint8Array(0) };
}

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

/** A list as the host hands it over: pairs whose names are its values, and whose values are empty. */
function listAsPairs(values: readonly Uint8Array[]): Uint8Array {
  let at = 4 + 8 * values.length;
  let size = at;
  for (const value of values) size += value.length + 2;
  const pairs = new Uint8Array(size);
  const sizes = new Uint32Array(pairs.buffer, 0, 1 + 2 * values.length);
  sizes[0] = values.length;
  values.forEach((value, index) => {
    sizes[1 + 2 * index] = value.length;
    for (let i = 0; i < value.length; i++) pairs[at + i] = value[i] as number;
    at += value.length + 2;
  });
  return pairs;
}

export function foreignImports(vm: Vm): Record<string, HostFunction> {
  const guest = vm.guest;

  function compile(expression: string, addressCell: number, sizeCell: number): number {
    const compiled: Expression | undefined = comparisonsOf(expression) ?? choiceOf(expression);
    if (compiled === undefined) return BAD_ARGUMENT;
    const expressions = vm.context.root.expressions;
    expressions.push(compiled);
    guest.hand(u32(expressions.length - 1), addressCell, sizeCell);
    return OK;
  }

  function evaluate(token: number, addressCell: number, sizeCell: number): number {
    const expression = vm.context.root.expressions[token];
    if (expression === undefined) return NOT_FOUND;
    return Array.isArray(expression)
      ? compare(expression, addressCell, sizeCell)
      : list(expression, addressCell, sizeCell);
  }

  /** In CEL, a comparison of an absent attribute, or of one that is no number, is an error, unless another one is false. */
  function compare(comparisons: Comparison[], addressCell: number, sizeCell: number): number {
    let result = OK;
    for (const each of comparisons) {
      const bytes = vm.property(each.path);
      if (bytes?.length !== 8) result = INTERNAL_FAILURE;
      else if (!holds(Buffer.from(bytes).readBigInt64LE(), each)) return answer(0, addressCell, sizeCell);
    }
    return result === OK ? answer(1, addressCell, sizeCell) : result;
  }

  function answer(truth: number, addressCell: number, sizeCell: number): number {
    guest.hand(Uint8Array.of(truth), addressCell, sizeCell);
    return OK;
  }

  function list(choice: ListChoice, addressCell: number, sizeCell: number): number {
    const list = vm.property(choice.asked) === undefined ? choice.absent : choice.present;
    const values: Uint8Array[] = [];
    for (const { path, fallback } of list) {
      const value = vm.property(path) ?? fallback;
      // In CEL, an absent attribute is an error, and so is a list that contains one.
      if (value === undefined) return INTERNAL_FAILURE;
      values.push(value);
    }
    guest.hand(listAsPairs(values), addressCell, sizeCell);
    return OK;
  }

  return {
    proxy_call_foreign_function(name = 0, nameSize = 0, at = 0, size = 0, addressCell = 0, sizeCell = 0) {
      if (!guest.holds(name, nameSize) || !guest.holds(at, size)) return INVALID_MEMORY_ACCESS;
      switch (guest.latin1(name, nameSize)) {
        case "compress":
          // Like Envoy: zlib's own format, at its default level.
          guest.hand(deflateSync(guest.copy(at, size)), addressCell, sizeCell);
          return OK;
        case "expr_create":
          return compile(guest.latin1(at, size), addressCell, sizeCell);
        case "expr_evaluate":
          return size === 4 ? evaluate(guest.u32(at), addressCell, sizeCell) : BAD_ARGUMENT;
        default:
          return NOT_FOUND;
      }
    },
  };
}

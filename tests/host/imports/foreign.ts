// Functions that Envoy offers by name (source/extensions/common/wasm/foreign.cc): compression, and expressions. Only
// expressions that list attributes, or that compare some with numbers, are supported here.
import { deflateSync } from "node:zlib";
import { HeaderMap } from "../headers.ts";
import type { HostFunction } from "../link.ts";
import { BAD_ARGUMENT, INTERNAL_FAILURE, INVALID_MEMORY_ACCESS, NOT_FOUND, OK } from "../status.ts";
import type { Comparison, Expression, ListChoice, ListItem, Vm } from "../vm.ts";

/** `has(a.b)?[…]:[…]` */
const CHOICE = /^has\((\w+(?:\.\w+)+)\)\?\[([^\]]+)\]:\[([^\]]+)\]$/;
/** `a.b`, or `has(a.b)?a.b:0`, or `has(a.b)?a.b:''`. */
const ITEM = /^(?:has\((?<asked>\w+(?:\.\w+)+)\)\?\k<asked>:(?<fallback>0|'')|(?<path>\w+(?:\.\w+)+))$/;

/** `a.b<500`, or `a.b<=duration('250ms')`. */
const COMPARISON = /^(\w+(?:\.\w+)+)(==|<=|<|>)(?:(\d+)|duration\('(\d+)ms'\))$/;

function comparisonOf(text: string): Comparison | undefined {
  const [, path, operator = "", number, ms] = COMPARISON.exec(text) ?? [];
  if (path === undefined) return undefined;
  const than = number === undefined ? BigInt(ms ?? 0) * 1_000_000n : BigInt(number);
  return { path: path.replaceAll(".", "\0"), operator, than };
}

function comparisonsOf(text: string): Comparison[] | undefined {
  const parts = text.split("&&").map(comparisonOf);
  const comparisons = parts.filter((part) => part !== undefined);
  return comparisons.length < parts.length ? undefined : comparisons;
}

function holds(value: bigint, { operator, than }: Comparison): boolean {
  if (operator === "==") return value === than;
  if (operator === ">") return value > than;
  return operator === "<" ? value < than : value <= than;
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
  return { asked: asked.replaceAll(".", "\0"), present, absent };
}

function itemOf(text: string): ListItem | undefined {
  const { asked, fallback, path } = ITEM.exec(text)?.groups ?? {};
  if (path !== undefined) return { path: path.replaceAll(".", "\0") };
  if (asked === undefined) return undefined;
  // An integer is eight bytes.
  return { path: asked.replaceAll(".", "\0"), fallback: fallback === "0" ? new Uint8Array(8) : new Uint8Array(0) };
}

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
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

  function evaluate(token: Uint8Array, addressCell: number, sizeCell: number): number {
    if (token.length !== 4) return BAD_ARGUMENT;
    const expression = vm.context.root.expressions[new DataView(token.buffer).getUint32(0, true)];
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
    const values = list.map(({ path, fallback }) => vm.property(path) ?? fallback);
    // In CEL, an absent attribute is an error, and so is a list that contains one.
    if (values.includes(undefined)) return INTERNAL_FAILURE;
    const pairs = HeaderMap.from(values.map((value) => [value ?? "", ""] as const));
    guest.handPairs(pairs, addressCell, sizeCell);
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
          return evaluate(guest.copy(at, size), addressCell, sizeCell);
        default:
          return NOT_FOUND;
      }
    },
  };
}

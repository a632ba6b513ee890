// Small WebAssembly modules, written byte by byte, that none of our compilers would produce. They have one memory and
// import only functions. (https://webassembly.github.io/spec/core/binary)

export type Type = "i32" | "i64";

export interface Signature {
  parameters: Type[];
  results: Type[];
}

export interface Function extends Signature {
  /** Instructions, without the `end`. */
  body: number[];
}

export interface Parts {
  imports?: ({ module: string; name: string } & Signature)[];
  /** By export name; indices begin after the imports. */
  functions?: Record<string, Function>;
  /** The contents of memory from address 1024 on. */
  data?: string;
}

export const DATA_AT = 1024;

const TYPES: Record<Type, number> = { i32: 0x7f, i64: 0x7e };

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const byte = value & 127;
  const rest = value >> 7;
  return (rest === 0 && byte < 64) || (rest === -1 && byte >= 64) ? [byte] : [byte | 128, ...signed(rest)];
}

const vector = (items: number[][]) => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: number[]) => [...unsigned(bytes.length), ...bytes];
const named = (name: string) => sized([...Buffer.from(name)]);
const section = (id: number, content: number[]) => [id, ...sized(content)];
const typeOf = ({ parameters, results }: Signature) => [
  0x60,
  ...vector(parameters.map((type) => [TYPES[type]])),
  ...vector(results.map((type) => [TYPES[type]])),
];

export const constant = (type: Type, value: number) => [type === "i32" ? 0x41 : 0x42, ...signed(value)];
export const call = (index: number) => [0x10, ...unsigned(index)];
export const parameter = (index: number) => [0x20, ...unsigned(index)];
export const drop = [0x1a];
export const addI32 = [0x6a];
/** Stores the byte on top of the stack at the address below it. */
export const storeByte = [0x3a, 0, 0];

export function module({ imports = [], functions = {}, data = "" }: Parts): Uint8Array {
  const own = Object.entries(functions);
  // One type for each function, in order: longer, but simpler.
  const signatures = [...imports, ...own.map(([, part]) => part)];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(signatures.map(typeOf))),
    ...section(2, vector(imports.map((part, i) => [...named(part.module), ...named(part.name), 0, ...unsigned(i)]))),
    ...section(3, vector(own.map((_, i) => unsigned(imports.length + i)))),
    ...section(5, vector([[0, 1]])),
    ...section(
      7,
      vector([
        [...named("memory"), 2, 0],
        ...own.map(([name], i) => [...named(name), 0, ...unsigned(imports.length + i)]),
      ]),
    ),
    ...section(10, vector(own.map(([, { body }]) => sized([0, ...body, 0x0b])))),
    ...section(11, vector([[0, ...constant("i32", DATA_AT), 0x0b, ...sized([...Buffer.from(data)])]])),
  ]);
}

/** `bytes`, followed by a meaningless custom section of `size` bytes. */
export function padded(bytes: Uint8Array, size: number): Uint8Array {
  return Buffer.concat([bytes, Buffer.from(section(0, [...named("pad"), ...Array<number>(size).fill(0)]))]);
}

// Writes WebAssembly modules whose functions give back a constant: the binary format, as far as that needs it
// (https://webassembly.github.io/spec/core/binary). Small enough that no count or size here takes more than two bytes.

/** Number of parameters and of results, all i32. */
export type Signature = [params: number, results: 0 | 1];

export interface ConstantFunction {
  name: string;
  signature: Signature;
  value: number;
}

const I32 = 0x7f;
const FUNCTION_TYPE = 0x60;
const I32_CONST = 0x41;
const END = 0x0b;
const EXPORTED_FUNCTION = 0;
const EXPORTED_MEMORY = 2;
const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** An unsigned number below 16384. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, value >> 7];
}

function sized(bytes: number[]): number[] {
  return [...varint(bytes.length), ...bytes];
}

function section(id: number, entries: number[][]): number[] {
  return [id, ...sized([...varint(entries.length), ...entries.flat()])];
}

function text(value: string): number[] {
  return sized([...Buffer.from(value)]);
}

/** A module with these functions exported, and one page of memory. */
export function encodeModule(functions: ConstantFunction[]): Uint8Array {
  const types = functions.map(({ signature: [params, results] }) => [
    FUNCTION_TYPE,
    ...sized(Array<number>(params).fill(I32)),
    ...sized(Array<number>(results).fill(I32)),
  ]);
  const exports = functions.map(({ name }, index) => [...text(name), EXPORTED_FUNCTION, ...varint(index)]);
  const bodies = functions.map(({ signature: [, results], value }) => {
    const code = results === 0 ? [] : [I32_CONST, value];
    // No locals, then the code.
    return sized([0, ...code, END]);
  });
  return new Uint8Array([
    ...HEADER,
    ...section(1, types),
    ...section(
      3,
      functions.map((_, index) => varint(index)),
    ),
    ...section(5, [[0, 1]]),
    ...section(7, [...exports, [...text("memory"), EXPORTED_MEMORY, 0]]),
    ...section(10, bodies),
  ]);
}

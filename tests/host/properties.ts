// Attributes ("properties") as Envoy hands them over. Tests write a tree; the module asks for a path, names joined by
// NUL. Only leaves can be read here; Envoy would also serialise the nodes above them.

export type Attribute = string | number | bigint | boolean | Uint8Array;
export interface Attributes {
  [name: string]: Attribute | Attributes;
}
/** Path to bytes. */
export type Properties = ReadonlyMap<string, Uint8Array>;

/** Numbers are integers, times and durations nanoseconds: eight bytes, little-endian. */
function encode(value: Attribute): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return Buffer.from(value, "utf8");
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)));
  return bytes;
}

function add(tree: Attributes, prefix: string, to: Map<string, Uint8Array>): void {
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === "object" && !(value instanceof Uint8Array)) add(value, `${prefix}${name}\0`, to);
    else to.set(prefix + name, encode(value));
  }
}

/** Converted once, for many callbacks, where speed counts. */
export function properties(tree: Attributes): Properties {
  const result = new Map<string, Uint8Array>();
  add(tree, "", result);
  return result;
}

export const NO_PROPERTIES: Properties = new Map();

export function toProperties(value: Properties | Attributes | undefined): Properties {
  if (value === undefined) return NO_PROPERTIES;
  return value instanceof Map ? value : properties(value as Attributes);
}

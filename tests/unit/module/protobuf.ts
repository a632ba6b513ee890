// Reads the protobuf wire format strictly (https://protobuf.dev/programming-guides/encoding), for messages whose fields
// the tests know. Shares nothing with the module's writer.

export interface Field {
  number: number;
  /** A varint, a fixed64 or a fixed32. */
  value: bigint;
  /** The content of a length-delimited field. */
  bytes: Uint8Array;
}

const NOTHING = new Uint8Array();

/** The fields of a message, in order. Throws if it isn't a message. */
export function fieldsOf(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const take = (size: number) => {
    if (at + size > message.length) throw new Error(`a field ends behind its message of ${message.length} bytes`);
    return message.subarray(at, (at += size));
  };
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = take(1)[0] as number;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
      if (shift > 63n) throw new Error("a varint has more than ten bytes");
    }
  };
  while (at < message.length) {
    const key = Number(varint());
    const number = key >>> 3;
    const type = key & 7;
    if (type === 0) fields.push({ number, value: varint(), bytes: NOTHING });
    else if (type === 1) fields.push({ number, value: Buffer.from(take(8)).readBigUInt64LE(), bytes: NOTHING });
    else if (type === 2) fields.push({ number, value: 0n, bytes: take(Number(varint())) });
    else if (type === 5) fields.push({ number, value: BigInt(Buffer.from(take(4)).readUInt32LE()), bytes: NOTHING });
    else throw new Error(`wire type ${type}`);
  }
  return fields;
}

/** The contents of all fields `number`. */
export function all(message: Uint8Array, number: number): Uint8Array[] {
  return fieldsOf(message).flatMap((field) => (field.number === number ? [field.bytes] : []));
}

/** The content of the one field `number`; throws if there is not exactly one. */
export function one(message: Uint8Array, number: number): Uint8Array {
  const found = all(message, number);
  if (found.length !== 1) throw new Error(`${found.length} fields ${number}`);
  return found[0] as Uint8Array;
}

/** The number in field `number`; 0 if it is absent. */
export function numberIn(message: Uint8Array, number: number): bigint {
  return (
    fieldsOf(message)
      .filter((field) => field.number === number)
      .at(-1)?.value ?? 0n
  );
}

/** The text in field `number`; "" if it is absent. Throws if it isn't UTF-8. */
export function textIn(message: Uint8Array, number: number): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(all(message, number).at(-1) ?? NOTHING);
}

/** A field of a message to be sent: a varint, or anything length-delimited. */
export function field(number: number, content: Uint8Array | string | number): Uint8Array {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
  if (typeof content === "number") return Uint8Array.from([number << 3, ...varint(content)]);
  const bytes = Buffer.from(content);
  return Uint8Array.from([(number << 3) | 2, ...varint(bytes.length), ...bytes]);
}

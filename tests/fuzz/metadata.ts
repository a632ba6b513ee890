// Generates well-formed and corrupted metadata as protobuf and reads the tags that the module makes of it in the mock
// host: well-formed values come out unchanged, and nothing makes the module trap.
import { isDeepStrictEqual } from "node:util";
import { decodeReport } from "../../satellite/receive/lightstep.ts";
import { Host } from "../host/host.ts";
import { properties } from "../host/properties.ts";
import { Random } from "../host/random.ts";

type Value = null | boolean | number | string | Value[] | { [name: string]: Value };

const CLUSTER = "collector";
const MAX_TAG_LENGTH = 65536;
/** Each tag, with the value under its name in the namespace `n`. */
const PATHS = { value: "['v']", all: "", inside: "['v']['0']", first: "['v']['']" };

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}

function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

function entries(values: Record<string, Uint8Array>): Buffer {
  const all = Object.entries(values);
  return Buffer.concat(
    all.map(([key, value]) => field(1, Buffer.concat([field(1, Buffer.from(key)), field(2, value)]))),
  );
}

function struct(values: Record<string, Value>): Buffer {
  return entries(Object.fromEntries(Object.entries(values).map(([key, value]) => [key, encode(value)])));
}

/** A google.protobuf.Value. */
function encode(value: Value): Buffer {
  if (value === null) return Buffer.from([0x08, 0]);
  if (typeof value === "boolean") return Buffer.from([0x20, value ? 1 : 0]);
  if (typeof value === "string") return field(3, Buffer.from(value));
  if (Array.isArray(value)) return field(6, Buffer.concat(value.map((each) => field(1, encode(each)))));
  if (typeof value === "object") return field(5, struct(value));
  const bytes = Buffer.alloc(9, 0x11);
  bytes.writeDoubleLE(value, 1);
  return bytes;
}

class Generator {
  constructor(private readonly random: Random) {}

  private text(): string {
    const characters = ["a", "0", '"', "\\", "\n", "\0", "\u001f", "\u007f", "\u00e9", "\u20ac", "\u{1f600}", "{", "]"];
    return Array.from({ length: this.random.below(6) }, () => this.random.pick(characters)).join("");
  }

  private number(): number {
    const { random } = this;
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(random.next(), 0);
    bytes.writeUInt32LE(random.next(), 4);
    const any = bytes.readDoubleLE(0);
    const digits = Number(`${random.below(100000)}e${random.below(40) - 20}`);
    const number = random.pick([any, digits, random.below(1000), random.next() / 2 ** 20, -random.next() * 2 ** 20]);
    return Number.isFinite(number) ? number : 0;
  }

  value(depth = 0): Value {
    const kind = this.random.below(depth > 4 ? 4 : 6);
    const count = this.random.below(4);
    if (kind === 0) return null;
    if (kind === 1) return this.random.once(2);
    if (kind === 2) return this.number();
    if (kind === 3) return this.text();
    if (kind === 4) return Array.from({ length: count }, () => this.value(depth + 1));
    const names = Array.from({ length: count }, () => this.text());
    return Object.fromEntries(names.map((name) => [name, this.value(depth + 1)]));
  }

  /** A corrupted message, or random bytes. */
  spoil(message: Buffer): Buffer {
    if (this.random.once(8)) return Buffer.from(this.random.bytes(this.random.below(200)), "latin1");
    const bytes = Buffer.from(message.subarray(0, this.random.once(4) ? this.random.below(message.length) : undefined));
    for (let times = this.random.below(4); times > 0 && bytes.length > 0; times--) {
      bytes[this.random.below(bytes.length)] = this.random.below(256);
    }
    return bytes;
  }
}

/** Whether `tag` is `value` to six digits. JavaScript and C round differently halfway between two numbers. */
function isSix(tag: string, value: number): boolean {
  return (
    Math.abs(Number(tag) - value) <= Math.abs(value) * 5.0000001e-6 || Number(tag) === Number(value.toPrecision(6))
  );
}

/** Whether `tag` spells `value`, which may be absent. */
function tells(tag: string | undefined, value: Value): boolean {
  if (value === null || value === "") return tag === undefined;
  if (tag === undefined) return false;
  if (typeof value === "number") return isSix(tag, value);
  if (typeof value !== "object") return tag === String(value);
  // JSON.stringify() writes -0 as 0.
  return isDeepStrictEqual(JSON.parse(JSON.stringify(JSON.parse(tag))), JSON.parse(JSON.stringify(value)));
}

/** Sends `cases` requests, each with metadata of its own; throws at the first whose tags are wrong. */
export async function fuzzMetadata(module: Uint8Array, cases: number, seed: number): Promise<void> {
  const host = await Host.load(module, { clusters: [CLUSTER], seed });
  const random = new Random(seed);
  const generator = new Generator(random);
  const sources = Object.entries(PATHS).map(([tag, path]) => [tag, `metadata.filter_metadata['n']${path}`]);
  const config = {
    collector: { cluster: CLUSTER },
    span: { max_tag_length: MAX_TAG_LENGTH },
    tags: { properties: Object.fromEntries(sources) as Record<string, string> },
  };
  if (!host.configure(1, JSON.stringify(config))) throw new Error(host.logs.at(-1)?.text);
  for (let i = 0; i < cases; i++) {
    const value = generator.value();
    const whole = entries({ n: struct({ other: 1, v: value }) });
    const isWhole = random.once(2);
    const bytes = isWhole ? whole : generator.spoil(whole);
    const tell = (what: string): Error =>
      new Error(`seed ${seed}, metadata ${i}: ${what}\n${JSON.stringify(value)}\n${bytes.toString("hex")}`);
    try {
      const stream = host.openStream(1);
      host.requestHeaders(stream, [[":path", "/"]]);
      host.log(stream, { properties: properties({ metadata: bytes }) });
      host.done(stream);
      host.tick(1);
    } catch (error) {
      throw tell(String(error));
    }
    const [call] = host.inFlight;
    const tags = call && decodeReport(call.body).spans[0]?.tags;
    if (!call || !tags) throw tell("there is no span");
    host.answer(call.token, { status: 200 });
    host.calls.length = 0;
    const said = (name: string): string | undefined => (name in tags ? String(tags[name]) : undefined);
    if (!isWhole) continue;
    if (!tells(said("value"), value)) throw tell(`the tag is ${said("value")}`);
    if (!tells(said("all"), { other: 1, v: value })) throw tell(`all of it is ${said("all")}`);
    const inside = Array.isArray(value) && value.length > 0 ? value[0] : (value as Record<string, Value> | null)?.["0"];
    if (typeof value === "object" && !tells(said("inside"), inside ?? null)) throw tell(`inside is ${said("inside")}`);
  }
}

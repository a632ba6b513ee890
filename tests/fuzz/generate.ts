// Requests whose trace headers are almost right: a seeded generator mutates valid ones of every format with byte flips,
// splices, truncations, repetitions and absurd lengths. Values are Latin-1: one character is one byte.
import type { Random } from "../host/random.ts";
import type { Header } from "../host/headers.ts";

/** Bytes that HTTP allows in a header's value, except control characters. A real Envoy lets these through. */
const VALUE_BYTES = Array.from({ length: 256 }, (_, byte) => byte).filter(
  (byte) => (byte > 0x20 && byte < 0x7f) || byte > 0x7f,
);
/** The characters that mutations insert. Each means something in some format. */
const SPICE = [..."-0123456789abcdefABCDEFdDgGxtrufls=,@;:+ "];
const LONGEST = 65536;

const NAMES = ["b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"].concat([
  "traceparent",
  "tracestate",
]);

export class Generator {
  constructor(
    private readonly random: Random,
    /** The longest value, in bytes; rarely reached. */
    private readonly longest = LONGEST,
  ) {}

  /** The trace headers of one request; half of all requests have only valid ones. */
  headers(): Header[] {
    const headers = this.valid();
    if (this.random.below(2) === 0) return headers;
    for (let times = 1 + this.random.below(3); times > 0; times--) this.spoil(headers);
    return headers;
  }

  private valid(): Header[] {
    const ids = {
      trace: this.random.hex(this.random.pick([16, 32])),
      span: this.random.hex(16),
      parent: this.random.hex(16),
    };
    const headers: Header[] = [];
    if (this.random.below(2) === 0) headers.push(["b3", this.b3(ids)]);
    if (this.random.below(2) === 0) headers.push(...this.b3Multi(ids));
    if (this.random.below(3) === 0) {
      // Sometimes of the same trace or span, of the parent, or of another.
      const trace = this.random.below(2) === 0 ? ids.trace.padStart(32, "0") : this.random.hex(32);
      const span = this.random.pick([ids.span, ids.span, ids.parent, this.random.hex(16)]);
      headers.push([
        "traceparent",
        `${this.random.pick(["00", "00", "01", "cc"])}-${trace}-${span}-${this.random.hex(2)}`,
      ]);
      if (this.random.below(2) === 0) headers.push(...this.tracestate());
    }
    return headers;
  }

  private b3(ids: { trace: string; span: string; parent: string }): string {
    const form = this.random.below(6);
    if (form === 0) return this.random.pick(["0", "1", "d"]);
    const parts = [ids.trace, ids.span];
    if (form > 1) parts.push(this.random.pick(["0", "1", "d"]));
    if (form > 3) parts.push(ids.parent);
    return parts.join("-");
  }

  private b3Multi(ids: { trace: string; span: string; parent: string }): Header[] {
    const headers: Header[] = [];
    if (this.random.below(6) > 0) headers.push(["x-b3-traceid", ids.trace], ["x-b3-spanid", ids.span]);
    if (headers.length > 0 && this.random.below(2) === 0) headers.push(["x-b3-parentspanid", ids.parent]);
    if (this.random.below(3) > 0) headers.push(["x-b3-sampled", this.random.pick(["0", "1", "true", "false"])]);
    if (this.random.below(6) === 0) headers.push(["x-b3-flags", "1"]);
    return headers;
  }

  private tracestate(): Header[] {
    const members = Array.from(
      { length: this.random.pick([1, 2, 31, 32, 33]) },
      (_, i) => `k${i}=${this.random.hex(4)}`,
    );
    if (this.random.below(2) === 0) members[this.random.below(members.length)] = `ot=${this.entries()}`;
    const cut = this.random.below(members.length);
    const lines = this.random.below(3) === 0 ? [members.slice(0, cut), members.slice(cut)] : [members];
    return lines.map((line): Header => ["tracestate", line.join(this.random.pick([",", ", ", ",,"]))]);
  }

  /** The value of OpenTelemetry's member, short or as long as can be. */
  private entries(): string {
    const known = ["th:c", "th:0", "rv:6e6d1a75832a2f", "rv:1", "a:b", " x y", ";", `l:${"v".repeat(200)}`, "t:h"];
    return Array.from({ length: 1 + this.random.below(4) }, () => this.random.pick(known)).join(";");
  }

  /** Makes one change in place that may or may not leave the headers valid. */
  private spoil(headers: Header[]): void {
    if (headers.length === 0) {
      headers.push([this.random.pick(NAMES), this.noise(this.random.below(80))]);
      return;
    }
    const at = this.random.below(headers.length);
    const [name, value] = headers[at] as Header;
    const other = this.random.pick(headers)[1];
    const cut = this.random.below(value.length + 1);
    switch (this.random.below(10)) {
      case 0:
        headers.push([name, value]);
        return;
      case 1:
        headers.splice(at, 1);
        return;
      case 2:
        headers[at] = [this.random.pick(NAMES), value];
        return;
      case 3:
        headers[at] = [name, this.trim(value.slice(0, cut))];
        return;
      case 4:
        headers[at] = [name, this.trim(value.slice(0, cut) + other.slice(this.random.below(other.length + 1)))];
        return;
      case 5:
        headers[at] = [name, value.toUpperCase()];
        return;
      case 6:
        headers[at] = [name, this.random.below(200) === 0 ? this.noise(this.longest) : ""];
        return;
      case 7:
        headers[at] = [name, this.trim(value.slice(0, cut) + this.random.pick(SPICE) + value.slice(cut))];
        return;
      case 8:
        headers[at] = [name, this.trim(value.slice(0, cut) + this.noise(1) + value.slice(cut + 1))];
        return;
      default:
        headers[at] = [name, this.trim(value.slice(0, cut) + this.random.pick(SPICE) + value.slice(cut + 1))];
    }
  }

  private noise(length: number): string {
    let text = "";
    for (let i = 0; i < length; i++) text += String.fromCharCode(this.random.pick(VALUE_BYTES));
    return text;
  }

  /** HTTP strips white space at either end before anyone sees it. */
  private trim(value: string): string {
    return value.replace(/^[ \t]+|[ \t]+$/g, "");
  }
}

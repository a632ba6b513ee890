// Decides the fate of a report from the collector's answer: from the status of HTTP, then that of gRPC, then from what the format
// reads in the body. The delivery acts on it.
import { readDecimal, toDecimal } from "../bytes/decimal";
import { contains, over, Slice, text } from "../bytes/slice";
import { readAnswer } from "../host/calls";
import { nowMs } from "../host/clock";
import { CALL_RESPONSE, CALL_RESPONSE_TRAILERS, readHeader } from "../host/headers";
import { Answer, Format } from "./format";
import { parseHttpDate } from "./httpdate";

/** The collector took it. */
export const TAKEN: u32 = 0;
/** "Not now": it may take the same report later. */
export const LATER: u32 = 1;
/** "Too large": it may take a smaller report. */
export const TOO_LARGE: u32 = 2;
/** "Too much": either this report, or all of them together. */
export const EXHAUSTED: u32 = 3;
/** "No": it will not take this report. */
export const NEVER: u32 = 4;

const STATUS: Slice = text(":status");
const RETRY_AFTER: Slice = text("retry-after");
const GRPC_STATUS: Slice = text("grpc-status");
const GRPC_MESSAGE: Slice = text("grpc-message");

/** Larger answers are not read: usual ones have a few dozen bytes. */
const MAX_ANSWER: u32 = 65536;
/** Bytes of the collector's words in a log line. */
const MAX_QUOTE: u32 = 200;

const RESOURCE_EXHAUSTED: u32 = 8;
/**
 * CANCELLED 1, DEADLINE_EXCEEDED 4, ABORTED 10, OUT_OF_RANGE 11, UNAVAILABLE 14, DATA_LOSS 15 (OTLP specification, "Failures"):
 * in gRPC they mean what 429, 502, 503 and 504 mean in HTTP.
 */
const LATER_CODES: u32 = (1 << 1) | (1 << 4) | (1 << 10) | (1 << 11) | (1 << 14) | (1 << 15);

export class Verdict {
  /** TAKEN, except for answer.rejected spans; LATER, TOO_LARGE, EXHAUSTED or NEVER. */
  kind: u32 = TAKEN;
  /** For the log: why it was not taken, or why some spans were rejected. */
  cause: string = "";
  /** How long the collector wants to be left alone, in milliseconds; 0 if it does not say. */
  waitMs: u64 = 0;
  readonly answer: Answer = new Answer();
  private value: Slice = over(0, 0);

  /** No cause ever contains one of the `secrets`. */
  constructor(private secrets: Slice[]) {}

  /** Judges the current answer, with `headers` headers; 0 if the call failed before there was an answer. */
  judge(format: Format, headers: u32, bodySize: u32): void {
    this.waitMs = 0;
    this.answer.clear();
    if (headers === 0) return this.decide(LATER, "the connection failed or was reset");
    let code = this.readNumber(CALL_RESPONSE, STATUS, 0);
    if (code < 200 || code > 299) return this.judgeStatus(code);
    if (format.isGrpc && !this.judgeGrpc()) return;
    readAnswer(bodySize > MAX_ANSWER ? 0 : bodySize, this.value);
    let answer = this.answer;
    format.readAnswer(this.value.at, this.value.size, answer);
    this.decide(TAKEN, answer.rejected > 0 ? this.quote(answer.complaint) : "");
  }

  /** The collector's `words`, fit for Envoy's log: cut, and without secrets. */
  private quote(words: Slice): string {
    if (words.size === 0) return "without a text";
    for (let i = 0; i < this.secrets.length; i++)
      if (contains(words, this.secrets[i])) return "its text repeats the access token or a header, and is not shown";
    return String.UTF8.decodeUnsafe(words.at, min(words.size, MAX_QUOTE));
  }

  private decide(kind: u32, cause: string): void {
    this.kind = kind;
    this.cause = cause;
  }

  private judgeStatus(code: u32): void {
    this.waitMs = this.readRetryAfter();
    let kind = NEVER;
    if (code === 429 || code === 502 || code === 503 || code === 504) kind = LATER;
    else if (code === 413) kind = TOO_LARGE;
    this.decide(kind, "status " + toDecimal(code));
  }

  /** True if gRPC's status is 0. It is in the trailers, or in the headers of an answer that has nothing else. */
  private judgeGrpc(): bool {
    let map = readHeader(CALL_RESPONSE_TRAILERS, GRPC_STATUS, this.value) ? CALL_RESPONSE_TRAILERS : CALL_RESPONSE;
    // Without a status it is UNKNOWN.
    let code = this.readNumber(map, GRPC_STATUS, 2);
    if (code === 0) return true;
    let kind = NEVER;
    if (code === RESOURCE_EXHAUSTED) kind = EXHAUSTED;
    else if (code < 32 && (LATER_CODES >> code) & 1) kind = LATER;
    this.waitMs = this.readRetryAfter();
    let cause = "grpc-status " + toDecimal(code);
    if (readHeader(map, GRPC_MESSAGE, this.value)) cause += ": " + this.quote(this.value);
    this.decide(kind, cause);
    return false;
  }

  private readNumber(map: i32, name: Slice, fallback: u32): u32 {
    readHeader(map, name, this.value);
    return readDecimal(this.value.at, this.value.size, fallback);
  }

  /** Retry-After in milliseconds; it has seconds, or a date (RFC 9110, section 10.2.3). */
  private readRetryAfter(): u64 {
    let value = this.value;
    if (!readHeader(CALL_RESPONSE, RETRY_AFTER, value)) return 0;
    // Nine digits are decades already.
    let seconds = readDecimal(value.at, min(value.size, 9), u32.MAX_VALUE);
    if (seconds !== u32.MAX_VALUE) return <u64>seconds * 1000;
    let until = parseHttpDate(value) * 1000;
    let now = nowMs();
    return until > now ? until - now : 0;
  }
}

// What became of a report, from the answer that the host has at hand: by HTTP's status, by gRPC's status behind it, and by
// what the format reads in the body. It decides; what follows from that is the delivery's.
import { readDecimal, toDecimal } from "../bytes/decimal";
import { contains, over, Slice, text } from "../bytes/slice";
import { readAnswer } from "../host/calls";
import { nowMs } from "../host/clock";
import { CALL_RESPONSE, CALL_RESPONSE_TRAILERS, readHeader } from "../host/headers";
import { Answer, Format } from "./format";
import { parseHttpDate } from "./httpdate";

/** The collector has it. */
export const SENT: u32 = 0;
/** "Not now": the same report may be taken later. */
export const LATER: u32 = 1;
/** "Too large": a smaller report may be taken. */
export const TOO_LARGE: u32 = 2;
/** "Too much", of this report or of all of them. */
export const EXHAUSTED: u32 = 3;
/** "No". */
export const REFUSED: u32 = 4;

const STATUS: Slice = text(":status");
const RETRY_AFTER: Slice = text("retry-after");
const GRPC_STATUS: Slice = text("grpc-status");
const GRPC_MESSAGE: Slice = text("grpc-message");

/** More of an answer than this is not read: an answer is some dozen bytes. */
const MAX_ANSWER: u32 = 65536;
/** Of the collector's words, bytes in a line of the log. */
const MAX_QUOTE: u32 = 200;

const RESOURCE_EXHAUSTED: u32 = 8;
/**
 * CANCELLED 1, DEADLINE_EXCEEDED 4, ABORTED 10, OUT_OF_RANGE 11, UNAVAILABLE 14, DATA_LOSS 15 (OTLP specification, "Failures");
 * for gRPC they mean what 429, 502, 503 and 504 mean for HTTP.
 */
const LATER_CODES: u32 = (1 << 1) | (1 << 4) | (1 << 10) | (1 << 11) | (1 << 14) | (1 << 15);

export class Verdict {
  /** SENT, of which answer.rejected spans are not; LATER, TOO_LARGE, EXHAUSTED or REFUSED. */
  kind: u32 = SENT;
  /** For the log: why it is not SENT, or why some spans were rejected. */
  cause: string = "";
  /** Milliseconds that the collector wants to be left alone; 0 if it does not say. */
  waitMs: u64 = 0;
  readonly answer: Answer = new Answer();
  private value: Slice = over(0, 0);

  /** `secrets` are in no cause, whatever the collector says. */
  constructor(private secrets: Slice[]) {}

  /** Judges the answer to the current call: `headers` of them, 0 if the call failed before there was an answer. */
  judge(format: Format, headers: u32, bodySize: u32): void {
    this.waitMs = 0;
    this.answer.clear();
    if (headers === 0) return this.be(LATER, "the connection failed or was reset");
    let code = this.readNumber(CALL_RESPONSE, STATUS, 0);
    if (code < 200 || code > 299) return this.judgeStatus(code);
    if (format.isGrpc && !this.judgeGrpc()) return;
    readAnswer(bodySize > MAX_ANSWER ? 0 : bodySize, this.value);
    let answer = this.answer;
    format.readAnswer(this.value.at, this.value.size, answer);
    this.be(SENT, answer.rejected > 0 ? this.quote(answer.complaint) : "");
  }

  /** What the collector said, fit for Envoy's log: cut, and not a secret. */
  private quote(words: Slice): string {
    if (words.size === 0) return "without a text";
    for (let i = 0; i < this.secrets.length; i++)
      if (contains(words, this.secrets[i])) return "its text repeats the access token or a header, and is not shown";
    return String.UTF8.decodeUnsafe(words.at, min(words.size, MAX_QUOTE));
  }

  private be(kind: u32, cause: string): void {
    this.kind = kind;
    this.cause = cause;
  }

  private judgeStatus(code: u32): void {
    this.waitMs = this.readRetryAfter();
    let kind = REFUSED;
    if (code === 429 || code === 502 || code === 503 || code === 504) kind = LATER;
    else if (code === 413) kind = TOO_LARGE;
    this.be(kind, "status " + toDecimal(code));
  }

  /** True if gRPC's status is 0. It stands in the trailers, or in the headers if there is nothing else. */
  private judgeGrpc(): bool {
    let map = readHeader(CALL_RESPONSE_TRAILERS, GRPC_STATUS, this.value) ? CALL_RESPONSE_TRAILERS : CALL_RESPONSE;
    // None at all is UNKNOWN.
    let code = this.readNumber(map, GRPC_STATUS, 2);
    if (code === 0) return true;
    let kind = REFUSED;
    if (code === RESOURCE_EXHAUSTED) kind = EXHAUSTED;
    else if (code < 32 && (LATER_CODES >> code) & 1) kind = LATER;
    this.waitMs = this.readRetryAfter();
    let cause = "grpc-status " + toDecimal(code);
    if (readHeader(map, GRPC_MESSAGE, this.value)) cause += ": " + this.quote(this.value);
    this.be(kind, cause);
    return false;
  }

  private readNumber(map: i32, name: Slice, fallback: u32): u32 {
    readHeader(map, name, this.value);
    return readDecimal(this.value.at, this.value.size, fallback);
  }

  /** Retry-After: seconds, or a date (RFC 9110, section 10.2.3). */
  private readRetryAfter(): u64 {
    let value = this.value;
    if (!readHeader(CALL_RESPONSE, RETRY_AFTER, value)) return 0;
    // The first nine digits are years already.
    let seconds = readDecimal(value.at, min(value.size, 9), u32.MAX_VALUE);
    if (seconds !== u32.MAX_VALUE) return <u64>seconds * 1000;
    let until = parseHttpDate(value) * 1000;
    let now = nowMs();
    return until > now ? until - now : 0;
  }
}

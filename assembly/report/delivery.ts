// Brings encoded spans to one collector: collects them in batches, sends one report at a time, reads the answer, and
// keeps the account. There is one delivery for each collector in a VM, shared by all root contexts that report to it
// (listeners may be configured apart, and a changed configuration has both for a while), so that a worker never has more
// than one report under way to it.
import { readDecimal, spell } from "../bytes/decimal";
import { Slice, text } from "../bytes/slice";
import { actAs, dispatch, done, readAnswer, setTick, token } from "../host/calls";
import { nowMs } from "../host/clock";
import { CALL_RESPONSE, readHeader } from "../host/headers";
import { warn } from "../host/log";
import { BAD_ARGUMENT, OK, statusName } from "../host/status";
import { Span } from "../span/span";
import { BatchQueue } from "./batch";
import * as counters from "./counters";
import { DropReason } from "./counters";
import { Answer, encodeSpan, maxSpanSize } from "./lightstep";
import { Notice } from "./notice";

const STATUS: Slice = text(":status");
/** More of an answer than this is not read: a ReportResponse is some dozen bytes. */
const MAX_ANSWER: u32 = 65536;

/** Where reports go and what stands around them, ready for the host. */
export class Destination {
  constructor(
    /** Two destinations with the same key are one. */
    readonly key: string,
    readonly cluster: string,
    /** Request headers as pairs. */
    readonly headers: Slice,
    /** What every report begins with. */
    readonly head: Slice,
    readonly timeoutMs: u32,
    readonly maxBytes: u32,
    readonly flushSpans: u32,
    readonly flushIntervalMs: u32,
  ) {}
}

export class Delivery {
  private clusterName: Slice;
  private queue: BatchQueue;
  private notice: Notice;
  private answer: Answer = new Answer();
  private status: Slice = new Slice();
  private body: Slice = new Slice();

  /** Root contexts that report here. */
  private members: u32[] = [];
  /** Those that want to go and may not yet: a report in their name is under way. */
  private leaving: u32[] = [];
  /** The root context in whose name calls are made and the timer runs. */
  private owner: u32 = 0;
  private isTicking: bool = false;
  private isInFlight: bool = false;
  private callToken: u32 = 0;
  /** The owner at the time when the report under way was sent. */
  private callOwner: u32 = 0;
  private isDisabled: bool = false;

  constructor(private destination: Destination) {
    this.clusterName = text(destination.cluster);
    this.notice = new Notice(destination.cluster);
    // A quarter of the buffer in a batch at most, so that giving way to new spans never costs more than that.
    let sealBytes = destination.maxBytes / 4;
    this.queue = new BatchQueue(destination.head, destination.maxBytes, sealBytes, destination.flushSpans);
  }

  get key(): string {
    return this.destination.key;
  }

  /** Nobody reports here any more, and nothing is on its way. */
  get isOver(): bool {
    return this.members.length === 0 && this.leaving.length === 0;
  }

  /** The root context `id` reports here from now on. It was configured, so a collector that said "stop" is asked again. */
  join(id: u32): void {
    this.isDisabled = false;
    this.members.push(id);
    if (this.members.length > 1) return;
    this.owner = id;
    this.isTicking = false;
    if (this.hasWork) this.wake();
  }

  private get hasWork(): bool {
    return this.isInFlight || !this.queue.isEmpty;
  }

  /**
   * The root context `id` ends. False if it has to wait for a report: then it is let go by proxy_done. What is buffered
   * goes to those that stay; the last one takes it along.
   */
  leave(id: u32): bool {
    let index = this.members.indexOf(id);
    if (index < 0) return true;
    this.members.splice(index, 1);
    if (this.members.length > 0) {
      if (this.owner === id) this.handOver(this.members[0]);
    } else {
      this.queue.seal();
      this.send();
      if (!this.isInFlight) this.loseAll(counters.UNAVAILABLE);
      counters.publishAll();
      setTick(0);
      this.isTicking = false;
    }
    if (!this.isNeeded(id)) return true;
    this.leaving.push(id);
    return false;
  }

  /**
   * Takes over a finished span. It may speak for another root context from here on: nothing more may be asked of the
   * stream in this callback.
   */
  record(span: Span): void {
    counters.spansRecorded.add(1);
    this.wake();
    if (this.isDisabled) return this.drop(1, counters.DISABLED);
    let at = this.queue.reserve(maxSpanSize(span));
    let evicted = this.queue.takeEvicted();
    if (at === 0) evicted++;
    else counters.spansBuffered.add(1);
    if (evicted > 0) this.overflow(evicted, at === 0);
    if (at !== 0 && this.queue.commit(encodeSpan(at, span))) {
      this.queue.seal();
      this.send();
    }
  }

  /** Sees to it that what was counted is told to the host, and what is buffered is sent, within the flush interval. */
  wake(): void {
    if (this.isTicking || this.members.length === 0) return;
    actAs(this.owner);
    this.isTicking = setTick(this.destination.flushIntervalMs) === OK;
  }

  /** The timer of the owner. */
  tick(): void {
    this.queue.seal();
    this.send();
    counters.publishAll();
    if (this.hasWork) return;
    // Nothing to do: an idle worker is not woken. The next span starts the timer again.
    setTick(0);
    this.isTicking = false;
  }

  /** The answer to the call `token`: `headers` of them, 0 if the call failed before there was an answer. */
  answered(token: u32, headers: u32, bodySize: u32): void {
    if (!this.isInFlight || token !== this.callToken) return;
    this.isInFlight = false;
    this.settle(headers, bodySize);
    this.send();
    if (this.members.length === 0 && !this.isInFlight) this.loseAll(counters.UNAVAILABLE);
    counters.publishAll();
    this.letGo();
  }

  /** Sends the oldest sealed batch unless one is under way. */
  private send(): void {
    if (this.isInFlight) return;
    let batch = this.queue.peek();
    if (batch === null) return;
    actAs(this.owner);
    let destination = this.destination;
    let status = dispatch(this.clusterName, destination.headers, batch.bytes, batch.size, destination.timeoutMs);
    if (status === OK) {
      this.queue.hold();
      this.isInFlight = true;
      this.callToken = token;
      this.callOwner = this.owner;
      return;
    }
    if (status === BAD_ARGUMENT) this.fail(counters.NO_CLUSTER, "");
    else this.fail(counters.UNAVAILABLE, statusName(status));
  }

  /** Reads the answer to the oldest batch and strikes the batch off. */
  private settle(headers: u32, bodySize: u32): void {
    if (headers === 0) return this.fail(counters.UNAVAILABLE, "the connection failed or was reset");
    readHeader(CALL_RESPONSE, STATUS, this.status);
    let code = readDecimal(this.status.at, this.status.size, 0);
    if (code < 200 || code > 299) {
      let later = code === 429 || code === 502 || code === 503 || code === 504;
      return this.fail(later ? counters.UNAVAILABLE : counters.REFUSED, "status " + spell(code));
    }
    let answer = this.answer;
    readAnswer(min(bodySize, MAX_ANSWER), this.body);
    answer.read(this.body.at, bodySize > MAX_ANSWER ? 0 : this.body.size);
    if (answer.error.length > 0) this.fail(counters.REFUSED, answer.error);
    else {
      counters.spansSent.add(this.strikeOff());
      counters.reportsSent.add(1);
      this.notice.recovered();
    }
    if (answer.disable) this.disable();
  }

  /** Takes the oldest batch out of what is buffered; the number of its spans. */
  private strikeOff(): u32 {
    let spans = this.queue.remove();
    counters.spansBuffered.add(-(<i64>spans));
    return spans;
  }

  /** The oldest batch is lost. */
  private fail(reason: DropReason, detail: string): void {
    let spans = this.strikeOff();
    counters.reportsFailed.add(1);
    this.drop(spans, reason);
    let cause = detail.length > 0 ? reason.phrase + " (" + detail + ")" : reason.phrase;
    this.notice.lost(nowMs(), 1, spans, cause);
  }

  /** Spans gave way for lack of room; the newest one never came in if `refused`. */
  private overflow(spans: u32, refused: bool): void {
    counters.spansBuffered.add(-(<i64>(refused ? spans - 1 : spans)));
    this.drop(spans, counters.BUFFER_FULL);
    this.notice.lost(nowMs(), 0, spans, counters.BUFFER_FULL.phrase);
  }

  private drop(spans: u32, reason: DropReason): void {
    counters.spansDropped.add(spans);
    reason.count.add(spans);
  }

  /** Drops all that is buffered; nothing may be under way. */
  private loseAll(reason: DropReason): void {
    this.queue.seal();
    while (this.queue.peek() !== null) {
      let spans = this.strikeOff();
      this.drop(spans, reason);
      this.notice.lost(nowMs(), 0, spans, reason.phrase);
    }
  }

  private disable(): void {
    warn("collector " + this.destination.cluster + ": told us to stop; spans are dropped until it is configured anew");
    this.isDisabled = true;
    this.loseAll(counters.DISABLED);
  }

  private handOver(to: u32): void {
    let wasTicking = this.isTicking;
    this.owner = to;
    this.isTicking = false;
    if (wasTicking) this.wake();
  }

  /** The report under way would be cancelled with the root context `id`, or `id` has to send what comes after it. */
  private isNeeded(id: u32): bool {
    if (!this.isInFlight) return false;
    return this.callOwner === id || (this.members.length === 0 && this.owner === id && !this.queue.isEmpty);
  }

  /** Lets go of the waiting root contexts that are not needed any more. */
  private letGo(): void {
    for (let i = this.leaving.length - 1; i >= 0; i--) {
      let id = this.leaving[i];
      if (this.isNeeded(id)) continue;
      this.leaving.splice(i, 1);
      if (actAs(id) === OK) done();
    }
  }
}

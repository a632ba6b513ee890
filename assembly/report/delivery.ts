// What is sent to one collector: gathers encoded spans in batches, sends one report at a time, does what the answer says, and
// keeps the account. All root contexts of a VM that report the same way share a delivery (listeners may be configured apart,
// and a changed configuration has both for a while), so a worker never has more than one report under way to a collector.
// Doesn't know who they are: members.ts does.
import { Region } from "../bytes/region";
import { Settings } from "../config/settings";
import { Call } from "../host/calls";
import { nowMs } from "../host/clock";
import { warn } from "../host/log";
import { BAD_ARGUMENT, OK, statusName } from "../host/status";
import { Span } from "../span/span";
import { Backoff } from "./backoff";
import { BatchQueue } from "./batch";
import * as counters from "./counters";
import { DropReason } from "./counters";
import { Destination } from "./destination";
import { expectSilence, publish } from "./failed";
import { Format } from "./format";
import { GRACE_MS, Members } from "./members";
import { Notice } from "./notice";
import { EXHAUSTED, LATER, TAKEN, TOO_LARGE, Verdict } from "./verdict";

const NANOS_OF_MS: u64 = 1000000;

export class Delivery {
  private queue: BatchQueue;
  private members: Members = new Members();
  private backoff: Backoff;
  private notice: Notice;
  private verdict: Verdict;
  /** The last report that set out. */
  private call: Call = new Call();
  /** When the answer to it is overdue. */
  private deadline: u64 = 0;
  /** No report sets out later than this once nobody reports here any more. */
  private drainUntil: u64 = 0;
  /** The collector said "stop". */
  private isDisabled: bool = false;
  /** A tick did not come in time. */
  wasOverdue: bool = false;

  constructor(
    /** Deliveries with the same identity are one. */
    readonly identity: string,
    private settings: Settings,
    private format: Format,
    private destination: Destination,
    /** The memory of all of it. */
    readonly held: Region,
  ) {
    // Two ticks, or the wait for the last answer once no timer runs.
    expectSilence(max(2 * settings.flushIntervalMs, settings.timeoutMs) + 2 * <u32>GRACE_MS);
    this.backoff = new Backoff(settings.retryBaseMs, settings.retryMaxMs);
    this.notice = new Notice(settings.cluster);
    this.verdict = new Verdict(destination.secrets);
    // A batch has at most a quarter of the buffer, so that making room for new spans never costs more than that.
    this.queue = new BatchQueue(format, settings.maxBytes, settings.maxBytes / 4, settings.flushSpans);
  }

  /** Nobody reports here any more, and nothing is under way. */
  get isOver(): bool {
    return this.members.isOver;
  }

  /**
   * The root context `id` reports here from now on. It leaves its former delivery, which may be this one, only afterwards;
   * then resume() follows. Joining means being configured, so a collector that said "stop" is asked again.
   */
  join(id: u32): void {
    this.isDisabled = false;
    this.members.join(id);
  }

  /** Goes on with what is buffered or under way, now that the timer of the root context that joined is free. */
  resume(): void {
    if (this.hasWork) this.wake();
  }

  /**
   * The root context `id` ends, or reports elsewhere. The remaining members send what is buffered; the last one to leave
   * takes it along.
   */
  leave(id: u32): void {
    this.members.leave(id);
    if (this.members.isEmpty) {
      this.backoff.succeed();
      this.drainUntil = nowMs() + this.settings.timeoutMs;
      this.drain();
      publish();
    }
    this.members.retain(id);
  }

  private get hasWork(): bool {
    return this.members.isCalling || !this.queue.isEmpty;
  }

  /**
   * Takes over a finished span. The module may act as another root context from here on: in this callback, nothing more may
   * be asked about the stream.
   */
  record(span: Span): void {
    let isOverdue = this.isTickOverdue(span);
    counters.spansRecorded.add(1);
    this.wake();
    if (this.isDisabled) return this.drop(1, counters.DISABLED);
    let at = this.queue.reserve(this.format.maxSpanSize(span), span.isKept);
    let evicted = this.queue.takeEvicted();
    if (at === 0) evicted++;
    else counters.spansBuffered.add(1);
    if (evicted > 0) this.overflow(evicted, at === 0);
    if (at !== 0 && this.queue.commit(this.format.encodeSpan(at, span))) {
      this.queue.seal();
      this.send();
    }
    // Only now do the accounts balance again.
    if (isOverdue) this.tick();
  }

  /** The end of a span is a clock that costs nothing. */
  private isTickOverdue(span: Span): bool {
    if (span.startNanos === 0 || !this.members.missesTick((span.startNanos + span.durationNanos) / NANOS_OF_MS))
      return false;
    this.wasOverdue = true;
    return true;
  }

  /** Makes sure that within the flush interval, the host is told what was counted, and what is buffered is sent. */
  wake(): void {
    if (!this.members.hasTimer) this.members.setTimer(this.settings.flushIntervalMs);
  }

  /** The timer went off. */
  tick(): void {
    this.members.noteTick();
    if (this.members.isCalling && nowMs() > this.deadline) {
      this.members.endCall();
      this.later(counters.UNAVAILABLE, "the answer is overdue", 0);
      this.members.release();
    }
    // While reports wait, spans gather in the open batch: more spans per report instead of more reports.
    if (this.queue.peek() === null) this.queue.seal();
    this.send();
    if (this.notice.isDue) this.notice.tick(nowMs());
    publish();
    // An idle worker is not woken. The next request starts the timer again.
    if (!this.hasWork && !this.notice.isDue && counters.requestsOpen.own === 0) this.members.setTimer(0);
  }

  /** The answer to the call `token` has `headers` headers; 0 if the call failed before there was an answer. */
  answered(token: u32, headers: u32, bodySize: u32): void {
    if (!this.members.isCalling || token !== this.call.token) return;
    this.members.endCall();
    this.settle(headers, bodySize);
    if (this.members.isEmpty) this.drain();
    else this.send();
    publish();
    this.members.release();
  }

  /**
   * Nobody reports here any more: sends what is left, one report after the other, until one fails or time is up. No timer
   * could try again, and the last root context must not be kept for long.
   */
  private drain(): void {
    this.queue.seal();
    if (!this.backoff.hasFailed && nowMs() <= this.drainUntil) this.send();
    if (this.members.isCalling) return;
    this.loseAll(counters.UNAVAILABLE);
    if (this.notice.isDue) this.notice.end(nowMs());
  }

  /** Sends the oldest sealed batch, unless one is under way or the collector is to be left alone; then the timer tries again. */
  private send(): void {
    let batch = this.queue.peek();
    if (batch === null || this.members.isCalling) return;
    let now = nowMs();
    let wait = this.backoff.remaining(now);
    if (wait > 0) return this.tickWithin(wait);
    this.members.setTimer(this.settings.flushIntervalMs);
    if (batch.tries++ > 0) counters.reportsRetried.add(1);
    let status = this.members.speak();
    if (status === OK) status = this.destination.send(batch.bytes, batch.size, this.call);
    if (status === BAD_ARGUMENT) return this.later(counters.NO_CLUSTER, "", 0);
    if (status !== OK) return this.later(counters.UNAVAILABLE, statusName(status), 0);
    this.members.beginCall();
    this.queue.hold();
    this.deadline = now + this.settings.timeoutMs + GRACE_MS;
  }

  private tickWithin(ms: u64): void {
    this.members.setTimer(min(<u32>ms, this.settings.flushIntervalMs));
  }

  /** Reads the answer to the oldest batch and does what it says. */
  private settle(headers: u32, bodySize: u32): void {
    let verdict = this.verdict;
    verdict.judge(this.format, headers, bodySize);
    let kind = verdict.kind;
    if (kind === TAKEN) this.taken(verdict);
    else if (kind === LATER) this.later(counters.UNAVAILABLE, verdict.cause, verdict.waitMs);
    else if (kind === EXHAUSTED) {
      // gRPC says the same of one report that is too large and of too many reports: so smaller ones, and later.
      this.queue.split();
      this.later(counters.UNAVAILABLE, verdict.cause, verdict.waitMs);
    } else if (kind === TOO_LARGE && this.queue.split()) this.queue.learnLimit();
    else this.fail(counters.REFUSED, verdict.cause);
  }

  /** The collector took the oldest batch, except for the spans that it rejected. */
  private taken(verdict: Verdict): void {
    let answer = verdict.answer;
    this.backoff.succeed();
    this.queue.relaxLimit();
    let spans = this.strikeOff(answer.rejected === 0);
    let rejected = <u32>min(answer.rejected, <u64>spans);
    counters.spansSent.add(spans - rejected);
    if (rejected === spans) counters.reportsFailed.add(1);
    else {
      counters.reportsSent.add(1);
      this.notice.recovered();
    }
    if (rejected > 0) this.countLost(rejected === spans ? 1 : 0, rejected, counters.REFUSED, verdict.cause);
    if (answer.disable) this.disable();
  }

  /** The oldest batch did not get through: tries it again after at least `askedMs`, or gives it up after its last try. */
  private later(reason: DropReason, detail: string, askedMs: u64): void {
    let now = nowMs();
    this.backoff.fail(now, askedMs);
    let batch = this.queue.peek();
    if (batch === null || batch.tries >= this.settings.attempts || this.members.isEmpty)
      return this.fail(reason, detail);
    this.queue.keep();
    this.notice.failed(now, reason.because(detail));
    this.tickWithin(this.backoff.remaining(now));
  }

  /** Gives up the oldest batch. */
  private fail(reason: DropReason, detail: string): void {
    counters.reportsFailed.add(1);
    this.countLost(1, this.strikeOff(false), reason, detail);
  }

  /** Removes the oldest batch from the buffer; returns the number of its spans. */
  private strikeOff(isSent: bool): u32 {
    let spans = this.queue.remove(isSent);
    counters.spansBuffered.add(-(<i64>spans));
    return spans;
  }

  /** `spans` gave way for lack of room; the newest of them was never buffered if `isRefused`. */
  private overflow(spans: u32, isRefused: bool): void {
    counters.spansBuffered.add(-(<i64>(isRefused ? spans - 1 : spans)));
    this.countLost(0, spans, counters.BUFFER_FULL, "");
  }

  /** Counts and tells of `spans` that are no longer buffered; `reports` were given up with them. */
  private countLost(reports: u32, spans: u32, reason: DropReason, detail: string): void {
    this.drop(spans, reason);
    this.notice.lost(nowMs(), reports, spans, reason, detail);
  }

  private drop(spans: u32, reason: DropReason): void {
    counters.spansDropped.add(spans);
    reason.count.add(spans);
    this.queue.lose(spans);
  }

  /** Drops all that is buffered; nothing may be under way. */
  private loseAll(reason: DropReason): void {
    this.queue.seal();
    let spans: u32 = 0;
    while (this.queue.peek() !== null) spans += this.strikeOff(false);
    if (spans > 0) this.countLost(0, spans, reason, "");
  }

  private disable(): void {
    warn("collector " + this.settings.cluster + ": told us to stop; spans are dropped until it is configured anew");
    this.isDisabled = true;
    this.loseAll(counters.DISABLED);
  }
}

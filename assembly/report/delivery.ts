// Brings encoded spans to one collector: collects them in batches, sends one report at a time, reads the answer, and
// keeps the account. There is one delivery for each collector in a VM, shared by all root contexts that report to it
// (listeners may be configured apart, and a changed configuration has both for a while), so that a worker never has more
// than one report under way to it.
import { Region } from "../bytes/region";
import { swapRemove } from "../bytes/list";
import { over, Slice, text } from "../bytes/slice";
import { Settings } from "../config/settings";
import { actAs, dispatch, done, setTick, token } from "../host/calls";
import { nowMs } from "../host/clock";
import { deflate } from "../host/compress";
import { warn } from "../host/log";
import { BAD_ARGUMENT, OK, statusName } from "../host/status";
import { Span } from "../span/span";
import { Backoff } from "./backoff";
import { BatchQueue } from "./batch";
import * as counters from "./counters";
import { DropReason } from "./counters";
import { expectSilence, publish } from "./failed";
import { Format } from "./format";
import { Notice } from "./notice";
import { EXHAUSTED, LATER, REFUSED, SENT, Verdict } from "./verdict";

/** The host ends a call that gets no answer in time; an answer that stays out so much longer will not come. Milliseconds. */
const GRACE_MS: u64 = 5000;
const NANOS_OF_MS: u64 = 1000000;

/** Where reports go and what stands around them, ready for the host. */
export class Destination {
  constructor(
    /** Two destinations with the same key are one. */
    readonly key: string,
    readonly settings: Settings,
    readonly format: Format,
    /** Request headers as pairs. */
    readonly headers: Slice,
    /** Those of a report that the host has compressed; null if it need not. */
    readonly deflatedHeaders: Slice | null,
    /** What no log line may show. */
    readonly secrets: Slice[],
    /** The memory of all of it, which the delivery's own is with. */
    readonly held: Region,
  ) {}
}

// Of all deliveries: a root context may change from one to another while its last report to the first is under way.
/** Root contexts in whose name reports are under way though they are not members, once for each delivery. */
const needed: u32[] = [];
/** Those that ended and told the host "not yet": proxy_done lets them go. */
const waiting: u32[] = [];

function forget(list: u32[], id: u32): void {
  let index = list.indexOf(id);
  if (index >= 0) swapRemove(list, index);
}

/** The root context `id` has ended and is no member anywhere. False if it has to wait for a report: proxy_done follows then. */
export function letsEnd(id: u32): bool {
  if (!needed.includes(id)) return true;
  waiting.push(id);
  return false;
}

export class Delivery {
  private format: Format;
  private settings: Settings;
  private clusterName: Slice;
  private queue: BatchQueue;
  private backoff: Backoff;
  private notice: Notice;
  private verdict: Verdict;
  private deflated: Slice = over(0, 0);

  /** Root contexts that report here. */
  private members: u32[] = [];
  /** Those that are no longer members, but in whose name a report is under way. */
  private leaving: u32[] = [];
  /** The root context in whose name calls are made and the timer runs. */
  private owner: u32 = 0;
  /** Milliseconds from tick to tick; 0 = no timer. */
  private period: u32 = 0;
  private isInFlight: bool = false;
  private callToken: u32 = 0;
  /** The owner at the time when the report under way was sent. */
  private callOwner: u32 = 0;
  /** When the answer to it is overdue. */
  private deadline: u64 = 0;
  /** When the last report has to have set out, once nobody reports here any more. */
  private drainUntil: u64 = 0;
  private isDisabled: bool = false;
  /** When the next tick is overdue, by the ends of spans; 0 = it is not known yet. */
  private tickBy: u64 = 0;
  /** A tick did not come in its time. */
  wasOverdue: bool = false;

  constructor(private destination: Destination) {
    let settings = destination.settings;
    let format = destination.format;
    // Two ticks, or the wait for the last answer, when no timer runs any more.
    expectSilence(max(2 * settings.flushIntervalMs, settings.timeoutMs) + 2 * <u32>GRACE_MS);
    this.format = format;
    this.settings = settings;
    this.clusterName = text(settings.cluster);
    this.backoff = new Backoff(settings.retryBaseMs, settings.retryMaxMs);
    this.notice = new Notice(settings.cluster);
    this.verdict = new Verdict(destination.secrets);
    // A quarter of the buffer in a batch at most, so that giving way to new spans never costs more than that.
    this.queue = new BatchQueue(format, settings.maxBytes, settings.maxBytes / 4, settings.flushSpans);
  }

  get key(): string {
    return this.destination.key;
  }

  /** Nobody reports here any more, and nothing is on its way. */
  get isOver(): bool {
    return this.members.length === 0 && this.leaving.length === 0;
  }

  /**
   * The root context `id` reports here from now on, or still does. It was configured, so a collector that said "stop" is
   * asked again.
   */
  join(id: u32): void {
    this.isDisabled = false;
    if (this.members.includes(id)) return;
    if (this.leaving.includes(id)) {
      forget(this.leaving, id);
      forget(needed, id);
    }
    this.members.push(id);
    if (this.members.length > 1) return;
    this.owner = id;
    this.period = 0;
    if (this.hasWork) this.wake();
  }

  private get hasWork(): bool {
    return this.isInFlight || !this.queue.isEmpty;
  }

  /**
   * The root context `id` reports here no longer: it ends, or reports elsewhere. What is buffered goes to those that stay;
   * the last one takes it along.
   */
  leave(id: u32): void {
    forget(this.members, id);
    // A timer that runs goes off as long as the VM lives, also of a root context that is gone.
    setTick(0);
    if (this.members.length > 0) {
      if (this.owner === id) this.handOver(this.members[0]);
    } else {
      this.backoff.succeed();
      this.drainUntil = nowMs() + this.settings.timeoutMs;
      this.drain();
      publish();
      this.period = 0;
    }
    if (!this.isNeeded(id)) return;
    this.leaving.push(id);
    needed.push(id);
  }

  /**
   * Takes over a finished span. It may speak for another root context from here on: nothing more may be asked of the
   * stream in this callback.
   */
  record(span: Span): void {
    let isOverdue = this.isOverdue(span);
    counters.spansRecorded.add(1);
    this.wake();
    if (this.isDisabled) return this.drop(1, counters.DISABLED);
    let at = this.queue.reserve(this.format.maxSpanSize(span));
    let evicted = this.queue.takeEvicted();
    if (at === 0) evicted++;
    else counters.spansBuffered.add(1);
    if (evicted > 0) this.overflow(evicted, at === 0);
    if (at !== 0 && this.queue.commit(this.format.encodeSpan(at, span))) {
      this.queue.seal();
      this.send();
    }
    // Only now do the accounts close again.
    if (isOverdue) this.tick();
  }

  /** The timer runs and does not go off, as where Envoy denies the callback: the end of a span is a clock that costs nothing. */
  private isOverdue(span: Span): bool {
    if (this.period === 0 || span.startNanos === 0) return false;
    let end = (span.startNanos + span.durationNanos) / NANOS_OF_MS;
    if (this.tickBy === 0) this.tickBy = end + this.period + GRACE_MS;
    if (end <= this.tickBy) return false;
    this.wasOverdue = true;
    return true;
  }

  /** Sees to it that what was counted is told to the host, and what is buffered is sent, within the flush interval. */
  wake(): void {
    if (this.period === 0) this.setTimer(this.settings.flushIntervalMs);
  }

  /** The timer of the owner. */
  tick(): void {
    this.tickBy = 0;
    if (this.isInFlight && nowMs() > this.deadline) {
      this.isInFlight = false;
      this.later(counters.UNAVAILABLE, "the answer is overdue", 0);
      this.letGo();
    }
    // While reports wait, spans gather in the open batch: more of them in a report, not more reports.
    if (this.queue.peek() === null) this.queue.seal();
    this.send();
    if (this.notice.isDue) this.notice.tick(nowMs());
    publish();
    // Nothing to do: an idle worker is not woken. The next request starts the timer again.
    if (!this.hasWork && !this.notice.isDue && counters.requestsOpen.own === 0) this.setTimer(0);
  }

  /** The answer to the call `token`: `headers` of them, 0 if the call failed before there was an answer. */
  answered(token: u32, headers: u32, bodySize: u32): void {
    if (!this.isInFlight || token !== this.callToken) return;
    this.isInFlight = false;
    this.settle(headers, bodySize);
    if (this.members.length > 0) this.send();
    else this.drain();
    publish();
    this.letGo();
  }

  private setTimer(ms: u32): void {
    if (ms === this.period || this.members.length === 0) return;
    actAs(this.owner);
    if (setTick(ms) !== OK) return;
    this.period = ms;
    this.tickBy = 0;
  }

  /**
   * Nobody reports here any more: what is left goes out, one report after the other, until one does not get through or time is
   * up. There is no timer to try again, and whoever waits for us has to be let go.
   */
  private drain(): void {
    this.queue.seal();
    if (!this.backoff.isWaiting && nowMs() <= this.drainUntil) this.send();
    if (this.isInFlight) return;
    this.loseAll(counters.UNAVAILABLE);
    if (this.notice.isDue) this.notice.end(nowMs());
  }

  /** Sends the oldest sealed batch, unless one is under way or the collector is left alone; then the timer comes back. */
  private send(): void {
    if (this.isInFlight) return;
    let batch = this.queue.peek();
    if (batch === null) return;
    let now = nowMs();
    let wait = this.backoff.remaining(now);
    if (wait > 0) return this.setTimer(min(<u32>wait, this.settings.flushIntervalMs));
    this.setTimer(this.settings.flushIntervalMs);
    actAs(this.owner);
    if (batch.tries++ > 0) counters.reportsRetried.add(1);
    let headers = this.destination.headers;
    let deflatedHeaders = this.destination.deflatedHeaders;
    let body = batch.bytes;
    let size = batch.size;
    if (deflatedHeaders !== null && deflate(body, size, this.deflated)) {
      headers = deflatedHeaders;
      body = this.deflated.at;
      size = this.deflated.size;
    }
    let status = dispatch(this.clusterName, headers, body, size, this.settings.timeoutMs);
    if (status === OK) {
      this.queue.hold();
      this.isInFlight = true;
      this.deadline = now + this.settings.timeoutMs + GRACE_MS;
      this.callToken = token;
      this.callOwner = this.owner;
      return;
    }
    if (status === BAD_ARGUMENT) this.later(counters.NO_CLUSTER, "", 0);
    else this.later(counters.UNAVAILABLE, statusName(status), 0);
  }

  /** Reads the answer to the oldest batch and does what it says. */
  private settle(headers: u32, bodySize: u32): void {
    let verdict = this.verdict;
    verdict.judge(this.format, headers, bodySize);
    let kind = verdict.kind;
    if (kind === SENT) this.sent(verdict);
    else if (kind === LATER) this.later(counters.UNAVAILABLE, verdict.cause, verdict.waitMs);
    else if (kind === EXHAUSTED) {
      // gRPC says the same of a report that is too large and of a collector that has too many: smaller, and later.
      this.queue.split();
      this.later(counters.UNAVAILABLE, verdict.cause, verdict.waitMs);
    } else if (kind === REFUSED || !this.queue.split()) this.fail(counters.REFUSED, verdict.cause);
    else this.queue.learnLimit();
  }

  /** The collector has the oldest batch, but for those spans that it rejected. */
  private sent(verdict: Verdict): void {
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
    if (rejected > 0) this.lost(rejected === spans ? 1 : 0, rejected, counters.REFUSED, verdict.cause);
    if (answer.disable) this.disable();
  }

  /** The oldest batch did not get through: it waits to be tried again, after `askedMs` at least, or is lost after its last try. */
  private later(reason: DropReason, detail: string, askedMs: u64): void {
    let now = nowMs();
    this.backoff.fail(now, askedMs);
    let batch = this.queue.peek();
    if (batch === null || batch.tries >= this.settings.attempts || this.members.length === 0)
      return this.fail(reason, detail);
    this.queue.keep();
    this.notice.failed(now, reason.because(detail));
    this.setTimer(min(<u32>this.backoff.remaining(now), this.settings.flushIntervalMs));
  }

  /** The oldest batch is lost. */
  private fail(reason: DropReason, detail: string): void {
    counters.reportsFailed.add(1);
    this.lost(1, this.strikeOff(false), reason, detail);
  }

  /** Takes the oldest batch out of what is buffered; the number of its spans. */
  private strikeOff(isSent: bool): u32 {
    let spans = this.queue.remove(isSent);
    counters.spansBuffered.add(-(<i64>spans));
    return spans;
  }

  /** Spans gave way for lack of room; the newest one never came in if `refused`. */
  private overflow(spans: u32, refused: bool): void {
    counters.spansBuffered.add(-(<i64>(refused ? spans - 1 : spans)));
    this.lost(0, spans, counters.BUFFER_FULL, "");
  }

  /** Counts `spans` that are not buffered any more, and tells of them; `reports` were given up with them. */
  private lost(reports: u32, spans: u32, reason: DropReason, detail: string): void {
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
    if (spans > 0) this.lost(0, spans, reason, "");
  }

  private disable(): void {
    warn("collector " + this.settings.cluster + ": told us to stop; spans are dropped until it is configured anew");
    this.isDisabled = true;
    this.loseAll(counters.DISABLED);
  }

  private handOver(to: u32): void {
    let period = this.period;
    this.owner = to;
    this.period = 0;
    this.setTimer(period);
  }

  /** The report under way would be cancelled with the root context `id`, or `id` has to send what comes after it. */
  private isNeeded(id: u32): bool {
    if (!this.isInFlight) return false;
    return this.callOwner === id || (this.members.length === 0 && this.owner === id && !this.queue.isEmpty);
  }

  /** Lets go of the root contexts that are not needed any more. Those that report elsewhere by now live on. */
  private letGo(): void {
    for (let i = this.leaving.length - 1; i >= 0; i--) {
      let id = this.leaving[i];
      if (this.isNeeded(id)) continue;
      swapRemove(this.leaving, i);
      forget(needed, id);
      if (needed.includes(id) || !waiting.includes(id)) continue;
      forget(waiting, id);
      if (actAs(id) === OK) done();
    }
  }
}

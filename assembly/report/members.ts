// Who reports through one delivery: the root contexts that share it, the one that speaks to the host for all of them, and the
// timer that runs in its name. The host cancels a call with the root context that made it, so a root context that leaves while
// its call is under way has to live until the answer. Doesn't know what is sent, or where.
import { toDecimal } from "../bytes/decimal";
import { swapRemove } from "../bytes/list";
import { actAs, done, setTick } from "../host/calls";
import { warn } from "../host/log";
import { OK } from "../host/status";

/** The host may be late with a tick or an answer. One that is overdue by more than this will not come. Milliseconds. */
export const GRACE_MS: u64 = 5000;

// Shared by all deliveries: a root context may move from one to another while its last report to the first is under way.
/** Root contexts that calls under way keep alive though they have left, once for each delivery. */
const needed: u32[] = [];
/** Root contexts that have ended and told the host "not yet": proxy_done lets them go. */
const waiting: u32[] = [];

function remove(list: u32[], id: u32): void {
  let index = list.indexOf(id);
  if (index >= 0) swapRemove(list, index);
}

/** The module works even if the host refuses these calls, but somebody should know. */
function tellRefused(what: string, id: u32): void {
  warn("Envoy refused to " + what + " root context " + toDecimal(id));
}

/** The root context `id` has ended and left its delivery. False if it has to wait for a report: proxy_done follows then. */
export function mayEnd(id: u32): bool {
  if (!needed.includes(id)) return true;
  waiting.push(id);
  return false;
}

export class Members {
  /** A root context that is configured again joins before it leaves: in between it is here twice. */
  private ids: u32[] = [];
  /** Root contexts that have left, but that the call under way keeps alive. */
  private leaving: u32[] = [];
  /** Calls are made and the timer runs in the name of this member; of the last one to leave if there is none. */
  private speaker: u32 = 0;
  /** The root context in whose name the call under way was made; 0 = there is none. */
  private caller: u32 = 0;
  /** Milliseconds from tick to tick; 0 = no timer. */
  private period: u32 = 0;
  /** When the next tick is overdue; 0 = not known yet. Milliseconds. */
  private tickBy: u64 = 0;

  get isEmpty(): bool {
    return this.ids.length === 0;
  }

  /** No root context reports here, and none waits for an answer. */
  get isOver(): bool {
    return this.ids.length === 0 && this.leaving.length === 0;
  }

  /** A call is under way. */
  get isCalling(): bool {
    return this.caller !== 0;
  }

  get hasTimer(): bool {
    return this.period > 0;
  }

  /** The root context `id` reports here from now on. It leaves where it reported before, maybe here, only afterwards. */
  join(id: u32): void {
    let isMember = this.ids.includes(id);
    this.ids.push(id);
    if (isMember) return;
    if (this.leaving.includes(id)) {
      remove(this.leaving, id);
      remove(needed, id);
    }
    if (this.ids.length > 1) return;
    this.speaker = id;
    this.period = 0;
  }

  /** The root context `id`, whose callback this is, no longer reports here, unless it has joined again. retain() must follow. */
  leave(id: u32): void {
    remove(this.ids, id);
    if (this.ids.includes(id)) return;
    // A timer goes off as long as the VM lives, even after its root context is gone.
    if (setTick(0) !== OK) tellRefused("stop the timer of", id);
    if (this.speaker !== id) return;
    let period = this.period;
    this.period = 0;
    if (this.isEmpty) return;
    this.speaker = unchecked(this.ids[0]);
    this.setTimer(period);
  }

  /** Keeps the root context `id`, which has left, alive if the call under way needs it. release() lets it go. */
  retain(id: u32): void {
    if (this.ids.includes(id) || !this.isNeeded(id)) return;
    this.leaving.push(id);
    needed.push(id);
  }

  /** Lets go of the root contexts that are no longer needed. Those that report elsewhere by now live on. */
  release(): void {
    for (let i = this.leaving.length - 1; i >= 0; i--) {
      let id = unchecked(this.leaving[i]);
      if (this.isNeeded(id)) continue;
      swapRemove(this.leaving, i);
      remove(needed, id);
      if (needed.includes(id) || !waiting.includes(id)) continue;
      remove(waiting, id);
      if (actAs(id) !== OK || done() !== OK) tellRefused("let go of", id);
    }
  }

  /** Calls that the host is asked for from here on are the speaker's; the host's status. */
  speak(): u32 {
    return actAs(this.speaker);
  }

  /** The speaker made a call. endCall() follows with its answer, or when that is overdue. */
  beginCall(): void {
    this.caller = this.speaker;
  }

  endCall(): void {
    this.caller = 0;
  }

  /** Ticks every `ms` milliseconds from now on; 0 ends them. If the host refuses, the next call tries again. */
  setTimer(ms: u32): void {
    if (ms === this.period || this.isEmpty || this.speak() !== OK || setTick(ms) !== OK) return;
    this.period = ms;
    this.tickBy = 0;
  }

  /** The timer went off. */
  noteTick(): void {
    this.tickBy = 0;
  }

  /** True if the timer runs but no tick has come in time at `now`, milliseconds: Envoy can deny the callback. */
  missesTick(now: u64): bool {
    if (this.period === 0) return false;
    if (this.tickBy === 0) this.tickBy = now + this.period + GRACE_MS;
    return now > this.tickBy;
  }

  /** The call under way was made by `id`, or `id` is the last one to leave and has to send what remains. */
  private isNeeded(id: u32): bool {
    return this.isCalling && (this.caller === id || (this.isEmpty && this.speaker === id));
  }
}

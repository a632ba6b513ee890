// The log lines about failing reports: the first failure at once, with its cause, and the first loss of each kind when it
// happens. After that, at most one line with counts every 30 seconds: a dead collector must not fill the disk of every node.
// Has no timer: the delivery tells it the time.
import { toDecimal } from "../bytes/decimal";
import { retain } from "../bytes/region";
import { info, warn } from "../host/log";
import { DropReason, reasons } from "./counters";

const QUIET_MS: u64 = 30000;

/** `1 span`, `2 spans`. */
export function some(count: u32, what: string): string {
  return toDecimal(count) + " " + what + (count === 1 ? "" : "s");
}

export class Notice {
  private saidAt: u64 = 0;
  /** When something was last lost, for each reason; milliseconds, 0 = never. */
  private lostAt: usize = retain(<usize>reasons * sizeof<u64>());
  /** Lost, but in no line yet: reports, spans, and why the latest was. A loss makes no text, since each request can be one. */
  private reports: u32 = 0;
  private spans: u32 = 0;
  private reason: DropReason | null = null;
  private detail: string = "";
  /** A line told of a failure, and none of recovery since. */
  private isFailing: bool = false;
  /** A line told of a loss, and none of recovery since. */
  private hasLost: bool = false;

  /** `where` names the collector in every line. */
  constructor(private where: string) {}

  /** A loss is in no line yet: call tick() or end() until it is. */
  get isDue(): bool {
    return this.spans > 0;
  }

  /** A report failed because of `cause`, and is tried again: nothing is lost. `now` is in milliseconds. */
  failed(now: u64, cause: string): void {
    if (this.isQuiet(now)) return;
    if (this.spans > 0) this.tellLoss(now);
    else this.say(now, cause, this.hasLost ? "nothing more is lost yet" : "nothing is lost yet");
  }

  /**
   * `spans` were lost for `reason`, with `detail`; `reports` were given up with them. A loss counts as the first of its kind
   * if there was none for QUIET_MS, so that kinds that take turns do not make more lines.
   */
  lost(now: u64, reports: u32, spans: u32, reason: DropReason, detail: string): void {
    this.reports += reports;
    this.spans += spans;
    this.reason = reason;
    this.detail = detail;
    let lostAt = this.lostAt + <usize>reason.place * sizeof<u64>();
    let before = load<u64>(lostAt);
    store<u64>(lostAt, now);
    if (!this.isQuiet(now) || before === 0 || now - before >= QUIET_MS) this.tellLoss(now);
  }

  /** Tells what was lost if the last line is old enough. */
  tick(now: u64): void {
    if (!this.isQuiet(now)) this.tellLoss(now);
  }

  /** Tells what was lost: there is no later call. */
  end(now: u64): void {
    this.tellLoss(now);
  }

  /** The collector took a report. */
  recovered(): void {
    if (!this.isFailing) return;
    this.isFailing = false;
    let counts = this.spans > 0 ? "; " + this.takeCounts() + " since the last line" : "";
    this.hasLost = false;
    info("collector " + this.where + ": takes reports again" + counts);
  }

  private isQuiet(now: u64): bool {
    return this.saidAt !== 0 && now - this.saidAt < QUIET_MS;
  }

  private tellLoss(now: u64): void {
    let since = this.saidAt === 0 ? "" : " since the last such line";
    let reason = this.reason;
    this.say(now, reason === null ? "" : reason.because(this.detail), this.takeCounts() + since);
  }

  private say(now: u64, cause: string, counts: string): void {
    warn("collector " + this.where + ": " + cause + "; " + counts);
    this.saidAt = now;
    this.isFailing = true;
  }

  private takeCounts(): string {
    let counts = some(this.spans, "span") + " lost, " + some(this.reports, "report") + " given up";
    this.reports = 0;
    this.spans = 0;
    this.hasLost = true;
    return counts;
  }
}

// What an operator reads of failing reports: the first failure at once, with its cause; while it goes on, one line with
// counts every 30 seconds at most. A dead collector must not fill the disk of every node.
import { spell } from "../bytes/decimal";
import { info, warn } from "../host/log";

const QUIET_MS: u64 = 30000;

/** `1 span`, `2 spans`. */
export function some(count: u32, what: string): string {
  return spell(count) + " " + what + (count === 1 ? "" : "s");
}

export class Notice {
  private saidAt: u64 = 0;
  private reports: u32 = 0;
  private spans: u32 = 0;
  /** A failure was told of and no recovery yet. */
  private isFailing: bool = false;

  /** `where` names the collector in every line. */
  constructor(private where: string) {}

  /**
   * Something went wrong for `cause`: `spans` were lost, `reports` of them in reports that were given up; nothing at all if
   * they are tried again. `now` in milliseconds.
   */
  failed(now: u64, reports: u32, spans: u32, cause: string): void {
    this.reports += reports;
    this.spans += spans;
    if (this.saidAt !== 0 && now - this.saidAt < QUIET_MS) return;
    let since = this.saidAt === 0 ? "" : " since the last such line";
    let counts = this.spans > 0 ? this.takeCounts() + since : "nothing is lost yet";
    warn("collector " + this.where + ": " + cause + "; " + counts);
    this.saidAt = now;
    this.isFailing = true;
  }

  /** A report was taken. */
  recovered(): void {
    if (!this.isFailing) return;
    this.isFailing = false;
    let counts = this.spans > 0 ? "; " + this.takeCounts() + " since the last line" : "";
    info("collector " + this.where + ": takes reports again" + counts);
  }

  private takeCounts(): string {
    let counts = some(this.spans, "span") + " lost, " + some(this.reports, "report") + " given up";
    this.reports = 0;
    this.spans = 0;
    return counts;
  }
}

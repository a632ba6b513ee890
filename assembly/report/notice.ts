// What an operator reads of failing reports: the first failure at once, with its cause; while it goes on, one line with
// counts every 30 seconds at most. A dead collector must not fill the disk of every node.
import { spell } from "../bytes/decimal";
import { info, warn } from "../host/log";

const QUIET_MS: u64 = 30000;

export class Notice {
  private saidAt: u64 = 0;
  private reports: u32 = 0;
  private spans: u32 = 0;
  /** A failure was told of and no recovery yet. */
  private isFailing: bool = false;

  /** `where` names the collector in every line. */
  constructor(private where: string) {}

  /** Spans were lost, in `reports` reports (0 = before one was sent), for `cause`; `now` in milliseconds. */
  lost(now: u64, reports: u32, spans: u32, cause: string): void {
    this.reports += reports;
    this.spans += spans;
    if (this.saidAt !== 0 && now - this.saidAt < QUIET_MS) return;
    let since = this.saidAt === 0 ? "" : " since the last such line";
    let counts = spell(this.reports) + " reports failed and " + spell(this.spans) + " spans were lost";
    warn("collector " + this.where + ": " + cause + "; " + counts + since);
    this.saidAt = now;
    this.reports = 0;
    this.spans = 0;
    this.isFailing = true;
  }

  /** A report was taken. */
  recovered(): void {
    if (!this.isFailing) return;
    this.isFailing = false;
    info("collector " + this.where + ": takes reports again");
  }
}

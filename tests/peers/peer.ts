// What every collector of the tests is to them: ports to send to, and what it says that it received.
import type { FormatName, Report, Transport } from "../../satellite/store/report.ts";

/** What a collector can tell of how reports came, all of which were so. Absent where it cannot tell. */
export interface Manner {
  /** How bodies were packed, such as `deflate`; empty for one that was not. */
  contentEncodings?: Set<string>;
  /** Whether the access token was in the header, and in the body of formats that have a place for it. */
  tokenInHeader: boolean;
  tokenInBody: boolean;
  /** How many lost spans its reports have told of, all together. */
  spansDropped?: number;
}

export interface Peer {
  /** Where a format is sent to; undefined where this collector does not take it. */
  portOf(format: FormatName, transport: Transport): number | undefined;
  /** All that was received so far, as the collector has it. */
  received(): Promise<Report[]>;
  manner?(): Manner;
  stop(): Promise<void>;
}

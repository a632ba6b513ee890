// The interface of every collector in these tests: ports to send to, and what it says it received.
import type { FormatName, Report, Transport } from "../../satellite/store/report.ts";

/** How all of a collector's reports arrived, as far as it can tell; absent if it cannot. */
export interface Manner {
  /** Content encodings of bodies, such as `deflate`; empty for an uncompressed one. */
  contentEncodings?: Set<string>;
  /** Whether the access token was in the header, and in the body, for formats that have a place for it. */
  tokenInHeader: boolean;
  tokenInBody: boolean;
  /** The sum of lost spans that its reports count. */
  spansDropped?: number;
}

export interface Peer {
  /** The port for a format; undefined if this collector does not take it. */
  portOf(format: FormatName, transport: Transport): number | undefined;
  /** Everything received so far, as the collector understood it. */
  received(): Promise<Report[]>;
  manner?(): Manner;
  stop(): Promise<void>;
}

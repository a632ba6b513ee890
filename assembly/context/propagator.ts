// What each propagation format defines. A format is one file that extends this class, and an entry in propagators.ts.
import { Field } from "../bytes/fields";
import { TraceContext } from "./context";
import { Edits } from "./edits";

/** The results of reading a format. */
export const ABSENT: u32 = 0;
export const READ: u32 = 1;
/** Its headers arrived but are unusable. */
export const MALFORMED: u32 = 2;

export abstract class Propagator {
  constructor(
    /** Its name in the configuration. */
    readonly name: string,
    /** The headers that belong to this format. */
    readonly headers: Field[],
    /** It cannot carry a decision without ids. */
    readonly needsIds: bool,
  ) {}

  /** Reads the headers into `into`, which is undefined unless READ is returned. Empty headers count as absent. */
  abstract extract(into: TraceContext): u32;

  /** Adds the edits that make the headers carry `context`, at most one for each header. */
  abstract inject(context: TraceContext, edits: Edits): void;

  /** True if the request has any of the headers, even an empty one. */
  get arrived(): bool {
    let headers = this.headers;
    for (let i = 0; i < headers.length; i++) if (unchecked(headers[i]).seen > 0) return true;
    return false;
  }

  /** Adds the edits that remove all of the headers. */
  remove(edits: Edits): void {
    let headers = this.headers;
    for (let i = 0; i < headers.length; i++) edits.remove(unchecked(headers[i]));
  }
}

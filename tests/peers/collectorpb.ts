// Runs the collector built on Lightstep's published Go types. Knows the lines that our main.go prints.
import type { Report, ReportedSpan, Tags } from "../../satellite/store/report.ts";
import { goProgram } from "./go/build.ts";
import type { Manner, Peer } from "./peer.ts";
import { startProgram } from "./program.ts";

interface Ports {
  http: number;
  grpc: number;
}

interface Reference {
  relationship: string;
  traceId: string;
  spanId: string;
}

interface Line {
  contentEncoding: string;
  tokenInHeader: boolean;
  tokenInBody: boolean;
  reporterId: string;
  reporterTags: Tags;
  /** Lost spans that the report counts. */
  spansDropped: number;
  spans: (Omit<ReportedSpan, "parentId"> & { references: Reference[] })[];
}

/** Starts it. A report has a token if it carries `token`. */
export async function startCollectorPb(token: string): Promise<Peer> {
  const lines: Line[] = [];
  const program = await startProgram([await goProgram("lightstep")], { TOKEN: token }, (line) => {
    const value = JSON.parse(line) as Ports | Line;
    if ("http" in value) return value;
    lines.push(value);
    return undefined;
  });
  return {
    portOf: (format, transport) => (format === "lightstep" ? program.ready[transport] : undefined),
    received: () => Promise.resolve(lines.map(readReport)),
    manner: () => mannerOf(lines),
    stop: program.stop,
  };
}

function readReport({ reporterId, reporterTags, tokenInBody, spans }: Line): Report {
  return {
    reporterId,
    reporterTags,
    service: String(reporterTags["lightstep.component_name"] ?? "unknown"),
    hasAccessToken: tokenInBody,
    spans: spans.map(({ references, ...span }) => ({ ...span, parentId: parentOf(span.traceId, references) })),
  };
}

/** Receivers read at most one reference, and only a complete one: anything else is the sender's mistake. */
function parentOf(traceId: string, references: Reference[]): string | null {
  const [first, second] = references;
  if (first === undefined) return null;
  if (second !== undefined || first.relationship !== "CHILD_OF" || first.traceId !== traceId)
    throw new Error(`a span's references are ${JSON.stringify(references)}, not one CHILD_OF in its own trace`);
  return first.spanId;
}

function mannerOf(lines: Line[]): Manner {
  return {
    contentEncodings: new Set(lines.map(({ contentEncoding }) => contentEncoding)),
    tokenInHeader: lines.every(({ tokenInHeader }) => tokenInHeader),
    tokenInBody: lines.every(({ tokenInBody }) => tokenInBody),
    spansDropped: lines.reduce((sum, { spansDropped }) => sum + spansDropped, 0),
  };
}

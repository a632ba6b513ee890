// The message of a failure: both spans side by side, and what both Envoys logged during the case.
import { OURS_ALONE, pairsOf } from "./compare.ts";
import type { Observed } from "./spans.ts";
import type { Ids } from "./visit.ts";

const WIDTH = 48;

function fit(text: string): string {
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text.padEnd(WIDTH);
}

function linesOf(native: Observed, ours: Observed | undefined): string[] {
  const flat = (span: Observed | undefined): Record<string, string> => {
    if (span === undefined) return {};
    const { tags, ...rest } = span;
    return {
      ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [`(${name})`, String(value)])),
      ...tags,
    };
  };
  const [theirs, own] = [flat(native), flat(ours)];
  return [...new Set([...Object.keys(theirs), ...Object.keys(own)])].sort().map((name) => {
    const [envoy, lightspan] = [theirs[name] ?? "", own[name] ?? ""];
    const isFree = OURS_ALONE.test(name) || name.endsWith("Micros)");
    return `${envoy === lightspan || isFree ? " " : "≠"} ${name.padEnd(26)} ${fit(envoy)} ${fit(lightspan)}`;
  });
}

/** The lines of a log about the connections of a case's requests; the whole log if there are none. */
function excerpt(log: string, { traceId, requestId }: Ids): string {
  const entries = log.split(/\n(?=\[\d{4}-)/);
  const own = entries.filter((entry) => entry.includes(traceId) || entry.includes(requestId));
  const connections = new Set(own.flatMap((entry) => /"ConnectionId":"\d+"/.exec(entry) ?? []));
  const chosen = entries.filter((entry) => [...connections].some((each) => entry.includes(each)));
  return (chosen.length > 0 ? chosen : entries).join("\n").trimEnd() || "(nothing)";
}

/** Everything that helps to see why a case failed; `logs` by Envoy's name. */
export function describe(ids: Ids, native: Observed[], ours: Observed[], logs: Record<string, string>): string {
  const pairs = pairsOf(native, ours);
  const lines = pairs.flatMap(([span, other]) => [...linesOf(span, other), ""]);
  if (pairs.length !== ours.length) lines.push("Lightspan's:", JSON.stringify(ours, undefined, 2));
  const title = `  ${"".padEnd(26)} ${fit("Envoy")} Lightspan`;
  const all = Object.entries(logs).map(([name, log]) => `--- log of Envoy ${name}\n${excerpt(log, ids)}`);
  return [title, ...lines, ...all].join("\n");
}

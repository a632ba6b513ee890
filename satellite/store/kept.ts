// Spans that were kept although their trace was not sampled: which ones they are, and what their trace lacks, in words.
// Knows neither the store nor how a trace is drawn; the terminal and the page both use it.

import type { Tags } from "./report.ts";

/** The tag that marks a kept span. Its value is the reason. */
export const KEPT_TAG = "sampling.kept";

/** Why a span was kept: it ended in an error, or it lasted too long. */
export type KeptReason = "error" | "slow";

/** The reason in the span's tags, or null for a sampled span. */
export function readKept(tags: Tags): KeptReason | null {
  const value = tags[KEPT_TAG];
  return value === "error" || value === "slow" ? value : null;
}

/** `not sampled` or `partly sampled`; empty if no span was kept, so that the trace counts as sampled. */
export function samplingOf(keptSpans: number, allSpans: number): string {
  if (keptSpans === 0) return "";
  return keptSpans === allSpans ? "not sampled" : "partly sampled";
}

/** Says in a sentence what the trace lacks and why; empty if no span was kept. */
export function explainSampling(spans: { kept: KeptReason | null }[]): string {
  const errors = spans.filter(({ kept }) => kept === "error").length;
  const slow = spans.filter(({ kept }) => kept === "slow").length;
  if (errors + slow === 0) return "";
  const whole = errors + slow === spans.length;
  const subject = whole ? "This trace was not sampled" : "Part of this trace was not sampled";
  const reasons = [errors > 0 && `for an error (${errors})`, slow > 0 && `for slowness (${slow})`].filter(Boolean);
  return (
    `${subject}: ${whole ? "it has" : "of that part, it has"} only the spans kept ${reasons.join(" or ")}, ` +
    "so parents can be missing and a caller can be a sibling of its callee."
  );
}

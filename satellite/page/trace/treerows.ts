// The rows of the waterfall: the spans as a tree, without the descendants of folded spans. Knows nothing of drawing.
import type { LabelledSpan } from "../../serve/api.ts";
import { arrange } from "../../store/family.ts";
import type { Placed } from "../../store/family.ts";

/** A span in its place. `key` is unique even if two spans wrongly share an id. */
export interface TreeRow extends Placed<LabelledSpan> {
  key: string;
  /** The key of the parent's row; null at the top level. */
  parent: string | null;
}

/** A row for every span, each below its parent. */
export function toRows(spans: LabelledSpan[]): TreeRow[] {
  const seen = new Map<string, number>();
  const path: string[] = [];
  return arrange(spans).map((placed) => {
    const { spanId } = placed.span;
    const before = seen.get(spanId) ?? 0;
    seen.set(spanId, before + 1);
    const key = before === 0 ? spanId : `${spanId}.${before}`;
    path[placed.depth] = key;
    return { ...placed, key, parent: placed.depth === 0 ? null : (path[placed.depth - 1] ?? null) };
  });
}

/** The rows that remain visible when the rows with these keys are folded. */
export function unfolded(rows: TreeRow[], folded: Set<string>): TreeRow[] {
  let hiddenBelow = Infinity;
  return rows.filter(({ key, depth }) => {
    if (depth > hiddenBelow) return false;
    hiddenBelow = folded.has(key) ? depth : Infinity;
    return true;
  });
}

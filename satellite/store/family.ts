// Arranges the spans of a trace as a tree. Trusts no parent id: it may name a missing span, the span itself, or one of
// its descendants. Does not know how a tree is drawn; the terminal and the page both use it.

import type { KeptReason } from "./kept.ts";

/** The fields that decide a span's place, and the remark on it. */
export interface Relative {
  spanId: string;
  parentId: string | null;
  kept: KeptReason | null;
}

/**
 * A span in its place. `remark` says why a span with a parent id is at the top level, except for a kept span: its parent
 * was not sampled either, so nothing is lost. `last` marks the last sibling.
 */
export interface Placed<S extends Relative> {
  span: S;
  depth: number;
  last: boolean;
  children: number;
  remark: string;
}

/** Returns every span once, each below its parent; siblings and top-level spans keep the given order. */
export function arrange<S extends Relative>(spans: S[]): Placed<S>[] {
  const family = new Family(spans);
  for (const span of spans) {
    if (span.parentId === null) family.descend(span, "");
    else if (!family.has(span.parentId)) family.descend(span, span.kept ? "" : `orphan of ${span.parentId}`);
  }
  // The remaining spans are on cycles or below them. The earliest span of a cycle becomes its top.
  for (const span of spans) family.descend(span, "cycle");
  return family.rows;
}

class Family<S extends Relative> {
  readonly rows: Placed<S>[] = [];
  readonly #children = new Map<string, S[]>();
  readonly #ids = new Set<string>();
  readonly #placed = new Set<S>();

  constructor(spans: S[]) {
    for (const span of spans) {
      this.#ids.add(span.spanId);
      if (span.parentId === null) continue;
      const siblings = this.#children.get(span.parentId);
      if (siblings) siblings.push(span);
      else this.#children.set(span.parentId, [span]);
    }
  }

  has(spanId: string): boolean {
    return this.#ids.has(spanId);
  }

  /** Adds rows for the span and all its descendants, unless it has one. A deep trace would overflow the call stack. */
  descend(top: S, remark: string): void {
    if (this.#placed.has(top)) return;
    this.#placed.add(top);
    const stack = [{ span: top, depth: 0, last: true, remark }];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { span, depth } = next;
      const children = (this.#children.get(span.spanId) ?? []).filter((child) => !this.#placed.has(child));
      this.rows.push({ ...next, children: children.length });
      for (const child of children) this.#placed.add(child);
      // Pushed in reverse, so that the first child is popped first.
      children.reverse().forEach((child, fromLast) => {
        stack.push({ span: child, depth: depth + 1, last: fromLast === 0, remark: "" });
      });
    }
  }
}

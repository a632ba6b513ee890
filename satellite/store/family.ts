// Puts the spans of a trace in the order of a tree. Trusts no parent id: it may name a span that has not come, the span
// itself, or a descendant. Knows nothing of how a tree is drawn: the terminal and the page both stand on it.

/** What is needed of a span to place it. */
export interface Relative {
  spanId: string;
  parentId: string | null;
}

/** A span in its place. `remark` says why a span that names a parent stands at top level; `last` ends its siblings. */
export interface Placed<S extends Relative> {
  span: S;
  depth: number;
  last: boolean;
  children: number;
  remark: string;
}

/** Every span once, each below its parent, siblings and tops in the order given. */
export function arrange<S extends Relative>(spans: S[]): Placed<S>[] {
  const family = new Family(spans);
  for (const span of spans) {
    if (span.parentId === null) family.descend(span, "");
    else if (!family.has(span.parentId)) family.descend(span, `orphan of ${span.parentId}`);
  }
  // What no top-level span leads to goes round in a circle; the earliest of a circle stands for its top.
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

  /** Adds rows for the span and all below it, unless it has its row. A stack, as a trace may be deeper than ours. */
  descend(top: S, remark: string): void {
    if (this.#placed.has(top)) return;
    this.#placed.add(top);
    const stack = [{ span: top, depth: 0, last: true, remark }];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { span, depth } = next;
      const children = (this.#children.get(span.spanId) ?? []).filter((child) => !this.#placed.has(child));
      this.rows.push({ ...next, children: children.length });
      for (const child of children) this.#placed.add(child);
      // Pushed last to first, for the first to come off the stack first.
      children.reverse().forEach((child, fromLast) => {
        stack.push({ span: child, depth: depth + 1, last: fromLast === 0, remark: "" });
      });
    }
  }
}

// A table of very many rows of equal height; only the visible ones are in the document. It is a single Tab stop and has
// the focus from the start; inside, the arrow keys move. The visible rows stay in place while rows arrive above them.
// Does not know what is in a row.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** A rendered row: the attributes of its element, and its cells. */
export interface Drawn {
  attributes?: JSX.HTMLAttributes<HTMLDivElement>;
  cells: ComponentChildren;
}

interface RowsProps<R> {
  role: "grid" | "treegrid";
  label: string;
  rows: R[];
  keyOf(row: R): string;
  /** In pixels; the same for every row. */
  rowHeight: number;
  head: ComponentChildren;
  draw(row: R): Drawn;
  /** The key of the row that the keyboard is at. */
  active: string | null;
  onActive(key: string): void;
  onOpen(row: R): void;
  /** Handles a keystroke that the table itself does not use; returns whether it did. */
  onKey?(key: string, row: R): boolean;
}

/** Rows rendered above and below the visible ones. */
const SPARE = 8;

export function Rows<R>(props: RowsProps<R>) {
  const { role, label, rows, keyOf, rowHeight, head, draw, active, onActive, onOpen } = props;
  const box = useRef<HTMLDivElement>(null);
  const [{ top, height }, setSight] = useState({ top: 0, height: 800 });
  const activeIndex = rows.findIndex((row) => keyOf(row) === active);
  const first = Math.max(0, Math.floor(top / rowHeight) - SPARE);
  const last = Math.min(rows.length, Math.ceil((top + height) / rowHeight) + SPARE);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = (): void => setSight({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  useAnchor(box, rows, keyOf, rowHeight);
  useLayoutEffect(() => box.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    if (activeIndex >= 0) reveal(box.current, activeIndex * rowHeight, rowHeight);
  }, [active, height, rowHeight]);

  const moveTo = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row !== undefined) onActive(keyOf(row));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target !== box.current) return;
    const row = rows[activeIndex];
    const page = Math.max(1, Math.floor(height / rowHeight) - 2);
    const moves: Record<string, number> = {
      ArrowDown: activeIndex + 1,
      j: activeIndex + 1,
      ArrowUp: Math.max(0, activeIndex - 1),
      k: Math.max(0, activeIndex - 1),
      PageDown: activeIndex + page,
      PageUp: activeIndex - page,
      Home: 0,
      End: rows.length - 1,
    };
    const move = moves[event.key];
    if (move !== undefined) moveTo(move);
    else if (event.key === "Enter" && row !== undefined) onOpen(row);
    else if (row === undefined || !props.onKey?.(event.key, row)) return;
    event.preventDefault();
  };

  const shown = activeIndex >= first && activeIndex < last ? `${role}-${activeIndex}` : undefined;
  return (
    <div
      ref={box}
      class={`rows ${role}`}
      role={role}
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-activedescendant={shown}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div class="head" role="rowgroup">
        <div class="row" role="row" aria-rowindex={1}>
          {head}
        </div>
      </div>
      <div class="body" role="rowgroup" style={{ height: `${rows.length * rowHeight}px` }}>
        {rows.slice(first, last).map((row, offset) => {
          const index = first + offset;
          const { attributes = {}, cells } = draw(row);
          return (
            <div
              {...attributes}
              key={keyOf(row)}
              id={`${role}-${index}`}
              class={`row ${String(attributes.class ?? "")}`}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={index === activeIndex}
              style={{ ...(attributes.style as object), top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
              onClick={() => {
                onActive(keyOf(row));
                onOpen(row);
              }}
            >
              {cells}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** When rows arrive above the first visible one, scrolls by their height, so that the same rows stay visible. */
function useAnchor<R>(
  box: { current: HTMLDivElement | null },
  rows: R[],
  keyOf: (row: R) => string,
  rowHeight: number,
): void {
  const before = useRef(rows);
  useLayoutEffect(() => {
    const element = box.current;
    const old = before.current;
    before.current = rows;
    if (!element || element.scrollTop < rowHeight || old === rows) return;
    const index = Math.floor(element.scrollTop / rowHeight);
    const anchor = old[index];
    if (anchor === undefined) return;
    const now = rows.findIndex((row) => keyOf(row) === keyOf(anchor));
    if (now > index) element.scrollTop += (now - index) * rowHeight;
  }, [rows]);
}

function reveal(element: HTMLDivElement | null, top: number, rowHeight: number): void {
  if (!element) return;
  const head = element.querySelector<HTMLElement>(".head")?.offsetHeight ?? 0;
  const inSight = element.clientHeight - head;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top + rowHeight > element.scrollTop + inSight) element.scrollTop = top + rowHeight - inSight;
}

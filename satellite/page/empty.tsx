// Shown when a view has nothing to show: says so, and what to do about it.
import type { ComponentChildren } from "preact";

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty" role="status">
      <p class="strong">{title}</p>
      {children && <p>{children}</p>}
    </div>
  );
}

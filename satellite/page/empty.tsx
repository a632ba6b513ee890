// What stands where there is nothing to show: that there is nothing, and what one can do about it.
import type { ComponentChildren } from "preact";

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty" role="status">
      <p class="strong">{title}</p>
      {children && <p>{children}</p>}
    </div>
  );
}

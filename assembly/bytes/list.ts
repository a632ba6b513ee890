// Lists in no particular order.

/** Removes and returns the item at `index`. The last item takes its place. */
export function swapRemove<T>(list: T[], index: i32): T {
  let removed = unchecked(list[index]);
  let last = list.pop();
  if (index < list.length) unchecked((list[index] = last));
  return removed;
}

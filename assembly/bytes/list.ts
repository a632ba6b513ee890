// Lists whose order means nothing.

/** Takes out what stands at `place`; the last one comes there. */
export function takeOut<T>(list: T[], place: i32): T {
  let taken = unchecked(list[place]);
  let last = list.pop();
  if (place < list.length) unchecked((list[place] = last));
  return taken;
}

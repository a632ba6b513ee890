// The normal form of a JSON value: one text for all values that differ only in white space and in the order of keys.
// It doesn't know what the value means, so that no key can be forgotten.
import { toDecimal } from "../bytes/decimal";
import { Json, OBJECT } from "./json";

/** Moves the last of `parts`, which are in order but for it, to its place. */
function sink(parts: string[]): void {
  for (let i = parts.length - 1; i > 0; i--) {
    let part = unchecked(parts[i]);
    let previous = unchecked(parts[i - 1]);
    if (part >= previous) return;
    unchecked((parts[i] = previous));
    unchecked((parts[i - 1] = part));
  }
}

export function normalForm(value: Json): string {
  let parts: string[] = [];
  for (let i = 0; i < value.items.length; i++) {
    let part = normalForm(unchecked(value.items[i]));
    if (value.type === OBJECT) {
      let key = unchecked(value.keys[i]);
      parts.push(toDecimal(key.length) + " " + key + part);
      sink(parts);
    } else parts.push(part);
  }
  return value.raw.length > 0 ? value.raw : toDecimal(value.type) + "[" + parts.join(",") + "]";
}

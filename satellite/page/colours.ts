// Gives each service a colour, the same in every view and after every reload while the set of services stays the same.

/** The number of colours in page.css. */
const COLOURS = 10;

/** The CSS class of each service's colour: the one that its name hashes to, or the next free one. */
export function coloursOf(services: string[]): Map<string, string> {
  const taken = new Set<number>();
  const classes = new Map<string, string>();
  for (const service of [...services].sort()) {
    if (taken.size === COLOURS) taken.clear();
    let colour = hash(service) % COLOURS;
    while (taken.has(colour)) colour = (colour + 1) % COLOURS;
    taken.add(colour);
    classes.set(service, `colour-${colour}`);
  }
  return classes;
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) value = (Math.imul(value, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return value;
}

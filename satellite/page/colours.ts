// A colour for each service: the same one in every view and after every reload, as long as the same services are there.

/** How many colours page.css has. */
const COLOURS = 10;

/** The class of each service's colour. A service has its own by its name, or the next that is free. */
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

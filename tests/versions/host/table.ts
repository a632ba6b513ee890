// The table of host facts: host.txt as data, and the comparison of it with what one Envoy does. Knows how the file is
// written; what its lines mean, the measurements next to this file know.
import { readFileSync } from "node:fs";

/** What the host does, by a name like `callbacks, GET, HTTP/3`. */
export type Facts = Map<string, string>;

interface Line {
  section: string;
  subject: string;
  variants: string[];
  versions: string[];
  value: string;
}

const path = new URL("host.txt", import.meta.url);

function parse(text: string): Line[] {
  let section = "";
  return text.split("\n").flatMap((line, index): Line[] => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const heading = /^\[(.*)\]$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = heading;
      return [];
    }
    const [subject, marks, value, ...more] = line.split(/ {2,}/);
    if (subject === undefined || marks === undefined || value === undefined || more.length > 0) {
      throw new Error(`host.txt, line ${index + 1}, has not three columns: ${line}`);
    }
    const words = marks.split(" ");
    const versions = words.filter((word) => word.startsWith("@")).map((word) => word.slice(1));
    return [{ section, subject, variants: words.filter((word) => !word.startsWith("@")), versions, value }];
  });
}

const nameOf = (section: string, subject: string, variant: string): string =>
  [section, subject, ...(variant === "-" ? [] : [variant])].join(", ");

/** What the table says of this version: a line that names versions goes over one that names none. */
export function expectedOf(version: string): Facts {
  const facts: Facts = new Map();
  const lines = parse(readFileSync(path, "utf8"));
  const holds = ({ versions }: Line): boolean => versions.some((each) => `${version}.`.startsWith(`${each}.`));
  for (const line of [...lines.filter(({ versions }) => versions.length === 0), ...lines.filter(holds)]) {
    for (const variant of line.variants) facts.set(nameOf(line.section, line.subject, variant), line.value);
  }
  return facts;
}

/** Each difference as a line; none if this Envoy does what the table says. */
export function differences(version: string, expected: Facts, found: Facts): string[] {
  const names = new Set([...expected.keys(), ...found.keys()]);
  return [...names].flatMap((name) => {
    const [was, is] = [expected.get(name) ?? "not in the table", found.get(name) ?? "not measured"];
    return was === is ? [] : [`Envoy ${version} changed: ${name}: was ${was}; is ${is}`];
  });
}

// The table of host facts: host.txt as data, and the comparison of it with what one Envoy does. Knows how the file is
// written; what its lines mean, the measurements next to this file know.
import { readFileSync, writeFileSync } from "node:fs";

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

const variantOf = /, (HTTP\/\d)$/;

/** These facts as the table has them, without the comments: for a person to take over, or for LIGHTSPAN_WRITE_DOCS=1. */
export function render(facts: Facts): string {
  const sections = new Map<string, Map<string, string[]>>();
  for (const [name, value] of facts) {
    const [section = "", ...rest] = name.split(", ");
    const subject = rest.join(", ").replace(variantOf, "");
    const lines = sections.get(section) ?? new Map<string, string[]>();
    const line = `${subject}  ${value}`;
    lines.set(line, [...(lines.get(line) ?? []), variantOf.exec(name)?.[1] ?? "-"]);
    sections.set(section, lines);
  }
  return [...sections]
    .map(([section, lines]) => {
      const cells = [...lines].map(([line, variants]) => [
        line.split("  ")[0] ?? "",
        variants.join(" "),
        line.split("  ")[1] ?? "",
      ]);
      const width = (column: number): number => Math.max(...cells.map((row) => (row[column] ?? "").length));
      const rows = cells.map(([a = "", b = "", c = ""]) => `${a.padEnd(width(0))}  ${b.padEnd(width(1))}  ${c}\n`);
      return `[${section}]\n${rows.join("")}`;
    })
    .join("\n");
}

/** Puts these facts in the place of all lines; the comments at the file's head stay. */
export function rewrite(facts: Facts): void {
  const head = readFileSync(path, "utf8").split("\n[")[0]?.trimEnd();
  writeFileSync(path, `${head}\n\n${render(facts)}`);
}

/** Each difference as a line; none if this Envoy does what the table says. */
export function differences(version: string, expected: Facts, found: Facts): string[] {
  const names = new Set([...expected.keys(), ...found.keys()]);
  return [...names].flatMap((name) => {
    const [was, is] = [expected.get(name) ?? "not in the table", found.get(name) ?? "not measured"];
    return was === is ? [] : [`Envoy ${version} changed: ${name}: was ${was}; is ${is}`];
  });
}

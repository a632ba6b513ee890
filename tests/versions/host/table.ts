// The table of host facts: reads host.txt and compares it with what one Envoy does. Knows the format of the file; the
// measurements next to this file know what its lines mean.
import { readFileSync, writeFileSync } from "node:fs";

/** The host's behaviour, by names like `callbacks, GET, HTTP/3`. */
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

/** The facts for this version: a line that names the version overrides a line without versions. */
export function expectedOf(version: string): Facts {
  const facts: Facts = new Map();
  const lines = parse(readFileSync(path, "utf8"));
  const holds = ({ versions }: Line): boolean => versions.some((each) => `${version}.`.startsWith(`${each}.`));
  for (const line of [...lines.filter(({ versions }) => versions.length === 0), ...lines.filter(holds)]) {
    for (const variant of line.variants) facts.set(nameOf(line.section, line.subject, variant), line.value);
  }
  return facts;
}

/** Splits `section, subject, HTTP/3`. The subject may contain commas. */
function partsOf(name: string): { section: string; subject: string; variant: string } {
  const [, section = "", subject = "", variant = "-"] = /^([^,]*), (.*?)(?:, (HTTP\/\d))?$/.exec(name) ?? [];
  return { section, subject, variant };
}

/** These facts in the format of the table, without its comments. */
export function render(facts: Facts): string {
  return [...linesOf(facts)].map(([section, lines]) => `[${section}]\n${lines}`).join("\n");
}

/** The lines of each section, grouped by subject. */
function linesOf(facts: Facts): Map<string, string> {
  const sections = new Map<string, Map<string, Map<string, string[]>>>();
  for (const [name, value] of facts) {
    const { section, subject, variant } = partsOf(name);
    const subjects = sections.get(section) ?? new Map<string, Map<string, string[]>>();
    const values = subjects.get(subject) ?? new Map<string, string[]>();
    values.set(value, [...(values.get(value) ?? []), variant]);
    sections.set(section, subjects.set(subject, values));
  }
  const written = [...sections].map(([section, subjects]): [string, string] => {
    const rows = [...subjects].flatMap(([subject, values]) =>
      [...values].map(([value, variants]): [string, string, string] => [subject, variants.join(" "), value]),
    );
    const first = Math.max(...rows.map(([subject]) => subject.length));
    const second = Math.max(...rows.map(([, variants]) => variants.length));
    return [section, rows.map(([a, b, c]) => `${a.padEnd(first)}  ${b.padEnd(second)}  ${c}\n`).join("")];
  });
  return new Map(written);
}

/** Replaces all lines with these facts, except the comments and the exceptions for single versions. */
export function rewrite(facts: Facts): void {
  const [head = "", ...sections] = readFileSync(path, "utf8").split(/^\[/m);
  const kept = new Map(
    sections.map((text): [string, { comments: string; exceptions: string }] => {
      const [section = "", rest = ""] = text.split("]\n");
      const lines = rest.split("\n");
      const chosen = (pattern: RegExp): string => lines.map((line) => (pattern.test(line) ? `${line}\n` : "")).join("");
      return [section, { comments: chosen(/^#/), exceptions: chosen(/ @\d/) }];
    }),
  );
  const written = [...linesOf(facts)].map(([section, lines]) => {
    const { comments = "", exceptions = "" } = kept.get(section) ?? {};
    return `[${section}]\n${comments}${lines}${exceptions}`;
  });
  writeFileSync(path, `${head.trimEnd()}\n\n${written.join("\n")}`);
}

/** The differences, one a line; empty if this Envoy does what the table says. */
export function differences(version: string, expected: Facts, found: Facts): string[] {
  const names = new Set([...expected.keys(), ...found.keys()]);
  return [...names].flatMap((name) => {
    const [was, is] = [expected.get(name) ?? "not in host.txt", found.get(name) ?? "not measured"];
    if (was === is) return [];
    const { section, subject, variant } = partsOf(name);
    const where = variant === "-" ? "" : ` over ${variant}`;
    // "direct response over HTTP/3: callbacks were …, are …", "reading of GET over HTTP/3: response.code was …, is …".
    if (section === "callbacks") return `Envoy ${version}: ${subject}${where}: callbacks were ${was}; are ${is}`;
    return `Envoy ${version}: ${section}${where}: ${subject}: was ${was}; is ${is}`;
  });
}

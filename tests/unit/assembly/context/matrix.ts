// tests/fixtures/propagation.txt as a list of cases, and the comparison of expected and actual results.
// tests/fixtures/propagation.ts does the same in Node. The first lines of the fixture explain its format.

export class Case {
  arriving: string[] = [];
  departing: string[] = [];
  span: string = "";
  malformed: bool = false;

  constructor(
    readonly name: string,
    /** The line in the fixture, counted from 1. */
    readonly line: i32,
    /** The settings as JSON, without a collector. */
    readonly settings: string,
  ) {}
}

const constants = new Map<string, string>();

/** The cases of the fixture, in order. An invalid line becomes a case with that name, which fails. */
export function parse(text: string): Case[] {
  let cases = new Array<Case>();
  // The alternatives of the current case begin here.
  let first = 0;
  let settings = "";
  let name = "";
  let lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    let line = lines[i];
    if (line.trim().length === 0 || line.startsWith("#")) continue;
    if (line.startsWith("settings ")) settings = lines[++i];
    else if (line.startsWith("case ")) {
      first = cases.length;
      name = line.substring(5);
      cases.push(new Case(name, i + 1, settings));
    } else if (line.startsWith("or ")) {
      let colon = name.indexOf(":");
      let start = colon < 0 ? name : name.substring(0, colon);
      cases.push(new Case(start + ": " + line.substring(3), i + 1, settings));
    } else if (line.startsWith("> ")) cases[cases.length - 1].arriving.push(resolve(line.substring(2)));
    else if (line.includes(" = ")) constants.set(line.split(" = ")[0], line.split(" = ")[1]);
    else if (!expectOfAll(cases, first, line)) cases.push(new Case("not understood: " + line, i + 1, settings));
  }
  return cases;
}

function expectOfAll(cases: Case[], first: i32, line: string): bool {
  for (let i = first; i < cases.length; i++) {
    if (line.startsWith("< ")) cases[i].departing.push(unescape(resolve(line.substring(2))));
    else if (line.startsWith("span ") || line === "no span") cases[i].span = resolve(line);
    else if (line === "malformed") cases[i].malformed = true;
    else return false;
  }
  return true;
}

/** Replaces {CAPITALS} with the ids. */
function resolve(line: string): string {
  let names = constants.keys();
  // Not replaceAll(): in AssemblyScript 0.27 it writes beyond its buffer.
  for (let i = 0; i < names.length; i++) line = line.split("{" + names[i] + "}").join(constants.get(names[i]));
  return line;
}

/** Splits `name: value`; the name in lower case, as in Envoy. */
export function nameOf(header: string): string {
  return header.substring(0, header.indexOf(":", 1)).toLowerCase();
}

/** The value, with each \xNN still as written. */
export function valueOf(header: string): string {
  return header.substring(header.indexOf(":", 1) + 1).trim();
}

/** The value as in Envoy: without the white space that HTTP allows around it. */
export function arrivedValueOf(header: string): string {
  let value = unescape(valueOf(header));
  let from = 0;
  let to = value.length;
  while (from < to && isWhiteSpace(value.charCodeAt(from))) from++;
  while (from < to && isWhiteSpace(value.charCodeAt(to - 1))) to--;
  return value.substring(from, to);
}

function isWhiteSpace(unit: i32): bool {
  return unit === 0x20 || unit === 0x09;
}

/** Replaces each \xNN with the character of that number. */
export function unescape(value: string): string {
  let parts = value.split("\\x");
  let result = parts[0];
  for (let i = 1; i < parts.length; i++) {
    result += String.fromCharCode(<i32>parseInt(parts[i].substring(0, 2), 16)) + parts[i].substring(2);
  }
  return result;
}

function isId(value: string, width: i32): bool {
  let isZero = true;
  for (let i = 0; i < value.length; i++) {
    let unit = value.charCodeAt(i);
    if (!((unit >= 0x30 && unit <= 0x39) || (unit >= 0x61 && unit <= 0x66))) return false;
    if (unit !== 0x30) isZero = false;
  }
  return value.length === width && !isZero;
}

/** The ids that {lower-case} names stand for in one case. */
export class Ids {
  private ids: Map<string, string> = new Map<string, string>();

  constructor(private arrived: string) {}

  /** True if `name` may stand for `id`: a new id, or the same as before. */
  private take(name: string, id: string): bool {
    if (!isId(id, name === "trace" ? 32 : 16)) return false;
    if (this.ids.has(name)) return this.ids.get(name) === id;
    if (this.arrived.includes(id) || this.ids.values().includes(id)) return false;
    this.ids.set(name, id);
    return true;
  }

  /** True if `actual` matches `pattern`. */
  matches(pattern: string, actual: string): bool {
    let at = 0;
    for (let i = 0; i < pattern.length; i++) {
      if (pattern.charAt(i) !== "{") {
        if (pattern.charAt(i) !== actual.charAt(at++)) return false;
        continue;
      }
      let end = pattern.indexOf("}", i);
      let name = pattern.substring(i + 1, end);
      let width = name === "trace" ? 32 : 16;
      if (!this.take(name, actual.substring(at, at + width))) return false;
      at += width;
      i = end;
    }
    return at === actual.length;
  }
}

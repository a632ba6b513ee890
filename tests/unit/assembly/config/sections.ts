// Sections and whole configurations for specs, from their JSON. Each reading fills a new `refusal`.
import { text } from "../../../../assembly/bytes/slice";
import { JsonReader } from "../../../../assembly/config/json";
import { Refusal, Section } from "../../../../assembly/config/section";
import { readSettings, Settings } from "../../../../assembly/config/settings";
import { fence } from "../bytes";

/** The refusal of the last reading. */
export let refusal: Refusal = new Refusal();

/** The section with path `s` of the object `json`. */
export function section(json: string): Section {
  return sectionAt("s", json);
}

export function sectionAt(path: string, json: string): Section {
  let bytes = text(json);
  let reader = new JsonReader();
  refusal = new Refusal();
  let value = reader.parse(bytes.at, bytes.size);
  expect(reader.error).toBe("", json);
  return new Section(path, value, refusal);
}

/** An absent section. */
export function absent(): Section {
  refusal = new Refusal();
  return new Section("s", null, refusal);
}

/** Reads a configuration whose `size` bytes at `at` end where memory ends. */
export function readFenced(at: usize, size: u32): Settings | null {
  refusal = new Refusal();
  return readSettings(fence(at, size), size, refusal);
}

export function read(json: string): Settings | null {
  let bytes = text(json);
  return readFenced(bytes.at, bytes.size);
}

/** Why `json` is refused as a configuration; "" if it isn't. */
export function refusalOf(json: string): string {
  let settings = read(json);
  if ((settings === null) === (refusal.reason.length === 0)) return "neither settings nor a reason";
  return refusal.reason;
}

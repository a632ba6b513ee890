// Sections of configurations, for specs.
import { text } from "../../../../assembly/bytes/slice";
import { JsonReader } from "../../../../assembly/config/json";
import { Refusal, Section } from "../../../../assembly/config/section";

/** What the last section refused. */
export let refusal: Refusal = new Refusal();

/** The section of the object `json`, at `path`; `refusal` is new. */
export function sectionAt(path: string, json: string): Section {
  let bytes = text(json);
  let reader = new JsonReader();
  refusal = new Refusal();
  let value = reader.parse(bytes.at, bytes.size);
  expect(reader.error).toBe("", json);
  return new Section(path, value, refusal);
}

/** A section that is not there; `refusal` is new. */
export function absent(): Section {
  refusal = new Refusal();
  return new Section("s", null, refusal);
}

// Every case of tests/fixtures/propagation.txt against the module's sources: from the arriving headers, through
// extract, the decision and inject, to the departing ones. tests/envoy/propagation/propagation.test.ts does the same in
// real Envoy.
import { Slice, text, toText } from "../../../../assembly/bytes/slice";
import { writeHex } from "../../../../assembly/bytes/hex";
import { Refusal } from "../../../../assembly/config/section";
import { readSettings, Settings } from "../../../../assembly/config/settings";
import { carrier } from "../../../../assembly/context/carrier";
import { TraceContext } from "../../../../assembly/context/context";
import { Edits } from "../../../../assembly/context/edits";
import { extract } from "../../../../assembly/context/extract";
import { continueFrom } from "../../../../assembly/context/hop";
import { seed } from "../../../../assembly/context/ids";
import { inject } from "../../../../assembly/context/inject";
import { Propagation } from "../../../../assembly/context/propagation";
import { propagatorsAt } from "../../../../assembly/context/propagators";
import { Rule } from "../../../../assembly/context/rule";
import { Sampler, thresholdOf } from "../../../../assembly/context/sampling";
import { writeTraceId } from "../../../../assembly/context/spelling";
import { Bytes, fence } from "../bytes";
import { fixtureText } from "../fixture";
import { arrivedValueOf, Case, Ids, nameOf, parse, valueOf } from "./matrix";

const NAMES = [
  "b3",
  "traceparent",
  "tracestate",
  "x-b3-traceid",
  "x-b3-spanid",
  "x-b3-parentspanid",
  "x-b3-sampled",
  "x-b3-flags",
];

const cases: Case[] = parse(fixtureText());
let next = 0;
seed(31, 32);

const received = new TraceContext();
const own = new TraceContext();
const slice = new Slice();

function standingClock(): u64 {
  return 1000000;
}

// The same as filter/root.ts builds from the settings, without the host that it needs.
function propagationOf(settings: Settings): Propagation {
  let extract = propagatorsAt(settings.trustIncoming ? settings.extract : []);
  return new Propagation(extract, propagatorsAt(settings.inject), settings.traceIdBits === 128, settings.strip);
}

function samplerOf(settings: Settings): Sampler {
  let excluded = new Array<Slice>();
  for (let i = 0; i < settings.excludePaths.length; i++) excluded.push(text(settings.excludePaths[i]));
  let rules = new Array<Rule>();
  for (let i = 0; i < settings.samplingRules.length; i++) {
    let setting = settings.samplingRules[i];
    let rule = new Rule(thresholdOf(setting.rate));
    rule.whenPathStartsWith(setting.pathPrefix);
    rule.whenMethodIs(setting.method);
    rule.whenHeaderIs(setting.headerName, setting.headerValue);
    rules.push(rule);
  }
  let perSecond = settings.maxTracesPerSecond;
  return new Sampler(settings.rate, perSecond, excluded, rules, settings.setsThreshold, settings.keepsErrors);
}

/** One character for each byte. */
function latin(at: usize, size: u32): string {
  let value = "";
  for (let i: u32 = 0; i < size; i++) value += String.fromCharCode(load<u8>(at + i));
  return value;
}

/** The headers as the host passes them, at the end of memory. */
function arrive(headers: string[]): void {
  let pairs = new Bytes().u32(headers.length);
  for (let i = 0; i < headers.length; i++) {
    pairs.u32(nameOf(headers[i]).length).u32(arrivedValueOf(headers[i]).length);
  }
  for (let i = 0; i < headers.length; i++) {
    pairs.text(nameOf(headers[i])).byte(0);
    let value = arrivedValueOf(headers[i]);
    for (let n = 0; n < value.length; n++) pairs.byte(<u8>value.charCodeAt(n));
    pairs.byte(0);
  }
  expect(carrier.scan(fence(pairs.at, pairs.size), pairs.size)).toBe(true);
}

/** The departing trace headers, as `name: value`: the arriving ones, edited as the host would. */
function depart(arriving: string[], edits: Edits): string[] {
  let departing = new Array<string>();
  for (let i = 0; i < arriving.length; i++) {
    let name = nameOf(arriving[i]);
    if (NAMES.includes(name)) departing.push(name + ": " + arrivedValueOf(arriving[i]));
  }
  for (let i: u32 = 0; i < edits.count; i++) {
    let edit = edits.at(i);
    if (!edit.changes) continue;
    let name = latin(edit.header.name, edit.header.nameSize) + ": ";
    for (let n = departing.length - 1; n >= 0; n--) if (departing[n].startsWith(name)) departing.splice(n, 1);
    if (edit.size > 0) departing.push(name + latin(edit.at, edit.size));
  }
  return departing;
}

/** All headers of one name, in order, one a line. */
function linesOf(headers: string[], name: string): string[] {
  let lines = new Array<string>();
  for (let i = 0; i < headers.length; i++) if (nameOf(headers[i]) === name) lines.push(valueOf(headers[i]));
  return lines;
}

function hex(id: u64): string {
  let at = heap.alloc(16);
  writeHex(at, id);
  return latin(at, 16);
}

function spanOf(context: TraceContext): string {
  if (!context.sampled) return "no span";
  let at = heap.alloc(32);
  slice.set(at, <u32>(writeTraceId(at, context) - at));
  let parent = context.parentId === 0 ? "root" : "parent " + hex(context.parentId);
  return "span " + hex(context.spanId) + " of " + toText(slice) + ", " + parent;
}

function isAsExpected(each: Case, departing: string[], metMalformed: bool): bool {
  if (metMalformed !== each.malformed || departing.length !== each.departing.length) return false;
  let ids = new Ids(each.arriving.join("\n"));
  for (let i = 0; i < NAMES.length; i++) {
    let expected = linesOf(each.departing, NAMES[i]);
    let actual = linesOf(departing, NAMES[i]);
    if (expected.length !== actual.length) return false;
    for (let n = 0; n < expected.length; n++) if (!ids.matches(expected[n], actual[n])) return false;
  }
  return ids.matches(each.span, spanOf(own));
}

function told(headers: string[], span: string, malformed: bool): string {
  return "\n" + headers.sort().join("\n") + "\n" + span + (malformed ? "\nmalformed" : "");
}

function check(each: Case): void {
  let open = '{"collector":{"cluster":"x"}';
  let json = text(open + (each.settings === "{}" ? "}" : "," + each.settings.substring(1)));
  let settings = readSettings(json.at, json.size, new Refusal());
  expect(settings).not.toBeNull(each.settings);
  if (settings === null) return;
  let propagation = propagationOf(settings);

  let headers = each.arriving.slice(0);
  if (linesOf(headers, ":path").length === 0) headers.push(":path: /");
  arrive(headers);
  let metMalformed = extract(propagation, received);
  continueFrom(received, own, propagation, samplerOf(settings), standingClock);

  let departing = depart(headers, inject(own, propagation));
  if (isAsExpected(each, departing, metMalformed)) return;
  let where = "line " + each.line.toString() + " of the fixture, with " + each.settings;
  expect(told(departing, spanOf(own), metMalformed)).toBe(told(each.departing, each.span, each.malformed), where);
}

describe("tests/fixtures/propagation.txt", () => {
  it("has at least as many cases as before", () => {
    expect(cases.length).toBeGreaterThan(240);
  });

  for (let i = 0; i < cases.length; i++) it(cases[i].name, () => check(cases[next++]));
});

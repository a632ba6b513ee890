// `npm run bench -- --micro`: nanoseconds for each of the hot rooms of the module, in Node, without Envoy; beside them what
// the run before said. Says nothing of what crossing over to the host costs: that is what the other forms are for.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "../measure/statistics.ts";
import { tenth } from "../report/format.ts";
import { asText } from "../report/table.ts";
import { compileRooms, type Room } from "./compile.ts";

const json = fileURLToPath(new URL("../../build/micro.json", import.meta.url));
const ROUNDS = 40;
const RUN_MICROS = 4000;

/** CPU microseconds of `times` times: what else runs on the machine is not counted, though it slows this down. */
function run(room: Room, times: number): number {
  const before = process.cpuUsage();
  room(times);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** How many times take long enough to be measured. */
function calibrate(room: Room): number {
  let times = 1000;
  while (run(room, times) < RUN_MICROS) times *= 2;
  return times;
}

/** Nanoseconds for each time, round by round: the fastest, and the median. */
function measure(rooms: Map<string, Room>): Map<string, Nanos> {
  const times = new Map([...rooms].map(([name, room]) => [name, calibrate(room)]));
  const samples = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, room] of rooms) {
      const count = times.get(name) ?? 1;
      samples.set(name, [...(samples.get(name) ?? []), (run(room, count) / count) * 1000]);
    }
  }
  return new Map([...samples].map(([name, ns]) => [name, { fastest: Math.min(...ns), median: median(ns) }]));
}

interface Nanos {
  fastest: number;
  median: number;
}

function readBefore(): Record<string, Nanos> {
  try {
    return JSON.parse(readFileSync(json, "utf8")) as Record<string, Nanos>;
  } catch {
    // The first run.
    return {};
  }
}

/** Measures and prints all rooms. */
export async function runMicro(): Promise<void> {
  const before = readBefore();
  const now = measure(await compileRooms());
  const rows = [...now].map(([name, { fastest, median }]) => {
    const earlier = before[name]?.fastest ?? NaN;
    const change = Number.isNaN(earlier) ? "–" : `${((fastest / earlier - 1) * 100).toFixed(0)} %`;
    return [name.replaceAll("_", " "), tenth(fastest), tenth(median), tenth(earlier), change];
  });
  const title = `CPU nanoseconds for each, optimized code, ${ROUNDS} rounds`;
  console.log(asText({ title, head: ["", "fastest", "median", "fastest before", "change"], rows }));
  mkdirSync(dirname(json), { recursive: true });
  writeFileSync(json, `${JSON.stringify(Object.fromEntries(now), null, 2)}\n`);
}

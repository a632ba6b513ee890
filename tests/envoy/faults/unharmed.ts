// What a user of the mesh may notice of a fault at the collector: nothing. Judges the requests of one load beside those of the
// same load, at the same time, on an Envoy without the filter. Refuses to know which fault it was.
import assert from "node:assert/strict";
import { describe, percentile, type Seen } from "./load.ts";
import { TIMEOUT_MS } from "./scene.ts";

/**
 * Milliseconds that so many of the requests may take beyond twice the time that they take without the filter. A fault of a
 * collector lasts for 400 ms and more: had half of the requests waited for it, or one in a hundred, or one, it would show.
 * The rest is room for a busy machine: the two loads take turns on it.
 */
const SLOWER_MS: [share: number, milliseconds: number][] = [
  [0.5, 5],
  [0.99, 50],
  [1, 350],
];

/** Collector, load and application share a process. If it stands still for so long, reports run out of time by themselves. */
const STARVED_MS = TIMEOUT_MS / 2;

/** A test may be run so often, while each run that fails is a starved one. */
export const MOST_RUNS = 3;

/** The machine had no time for any Envoy: what failed beside this load may be the machine's fault. */
export function isStarved(plain: Seen): boolean {
  return percentile(plain, 1) > STARVED_MS;
}

export function assertUnharmed(seen: Seen, plain: Seen): void {
  assert.deepEqual([...seen.wrong], [], "no request is harmed");
  const told = `${describe(seen)}; without: ${describe(plain)}`;
  for (const [share, milliseconds] of SLOWER_MS) {
    const allowed = 2 * percentile(plain, share) + milliseconds;
    assert.ok(percentile(seen, share) < allowed, `no request waits for the collector: ${told}`);
  }
}

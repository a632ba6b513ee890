// Users of the mesh must not notice faults at the collector. Compares the times of one load with those of the same
// load, at the same time, on an Envoy without the filter. That needs a machine with time to spare, so only the soak
// does it.
import assert from "node:assert/strict";
import { describe, percentile, type Seen } from "../envoy/faults/load.ts";

/**
 * Milliseconds that a share of the requests may take beyond twice their time without the filter. A collector's faults
 * last 400 ms or longer, so they would show if half of the requests waited for one, or one in a hundred, or a single
 * one. The rest is room for the two loads, which take turns on the machine.
 */
const SLOWER_MS: [share: number, milliseconds: number][] = [
  [0.5, 5],
  [0.99, 50],
  [1, 350],
];

export function assertNoSlower(seen: Seen, plain: Seen): void {
  const told = `${describe(seen)}; without: ${describe(plain)}`;
  for (const [share, milliseconds] of SLOWER_MS) {
    const allowed = 2 * percentile(plain, share) + milliseconds;
    assert.ok(percentile(seen, share) < allowed, `no request waits for the collector: ${told}`);
  }
}

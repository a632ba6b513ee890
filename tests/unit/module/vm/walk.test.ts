// Fifty thousand random steps with faults: nothing traps, and the account balances at the end.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accountOf, assertBalanced } from "../account.ts";
import { Walk } from "./walk.ts";

const STEPS = 50_000;

/** Host calls whose failure falsifies nothing: neither a collector's answer nor who waits for it. */
const FAULTS = [
  "proxy_define_metric",
  "proxy_call_foreign_function",
  "proxy_get_header_map_pairs",
  "proxy_get_property",
  "proxy_http_call",
  "proxy_increment_metric",
  "proxy_log",
  "proxy_remove_header_map_value",
  "proxy_replace_header_map_value",
  "proxy_set_property",
  "proxy_set_tick_period_milliseconds",
  "random_get",
];

/** If these fail, an answer is misread, or a report is sent at the wrong time, or for the wrong root and cancelled. */
const WORSE = [
  ...FAULTS,
  "proxy_done",
  "proxy_get_current_time_nanoseconds",
  "proxy_get_buffer_bytes",
  "proxy_get_header_map_value",
  "proxy_set_effective_context",
];

describe(`a random walk of ${STEPS} steps`, () => {
  const metric = (name: string) => name.endsWith("_metric");
  for (const [seed, faults] of [
    [1, FAULTS],
    [2, FAULTS],
    [4, FAULTS.filter((name) => !metric(name))],
    [5, []],
  ] as const) {
    const kind = faults.some(metric) ? "ends" : "has an account that balances after each step, and ends";
    it(`with ${faults.length} faults ${kind} with one that is right, and nothing left (seed ${seed})`, async () => {
      const walk = await Walk.begin(seed, faults);
      for (let i = 0; i < STEPS; i++) walk.step();
      walk.end();
      assertBalanced(walk.host, 0);
      const { recorded, sent, buffered } = accountOf(walk.host);
      assert.ok(recorded > STEPS / 20 && walk.reports > STEPS / 200, `${recorded} spans, ${walk.reports} reports`);
      assert.equal(sent, walk.accepted, "sent is what the collectors took");
      assert.equal(buffered, 0);
    });
  }

  it("with worse faults ends with an account that balances (seed 3)", async () => {
    const walk = await Walk.begin(3, WORSE);
    for (let i = 0; i < STEPS; i++) walk.step();
    walk.end();
    assertBalanced(walk.host, 0);
  });
});

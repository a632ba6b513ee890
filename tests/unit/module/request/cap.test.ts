// The cap on traces that start here, by a clock that the test sets.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FRESH, SAMPLED } from "../requests.ts";
import { Sidecar, type Exchange } from "../sidecar.ts";

const SECOND = 1000;

/** How many of `times` requests, `interval` milliseconds apart, are sampled. */
function sampled(sidecar: Sidecar, times: number, interval: number, exchange: Exchange = { headers: FRESH }): number {
  let count = 0;
  for (let i = 0; i < times; i++) {
    if (sidecar.request(exchange).get("x-b3-sampled") === "1") count++;
    sidecar.host.now += interval;
    sidecar.host.calls.length = 0;
  }
  return count;
}

describe("sampling.max_traces_per_second", () => {
  it("lets a second's worth of traces start at once, and as many again every second", async () => {
    const sidecar = await Sidecar.start({ sampling: { max_traces_per_second: 10 } });
    assert.equal(sampled(sidecar, 100, 0), 10);
    sidecar.host.now += SECOND;
    assert.equal(sampled(sidecar, 100, 0), 10);
    sidecar.host.now += 100 * SECOND;
    assert.equal(sampled(sidecar, 100, 0), 10, "what was not used is not saved up");
  });

  it("does not limit traces that were decided elsewhere", async () => {
    const sidecar = await Sidecar.start({ sampling: { max_traces_per_second: 1 } });
    assert.equal(sampled(sidecar, 100, 0, { headers: SAMPLED }), 100);
  });

  // context/sampling.ts admits(): the remainder of (elapsed * perSecond) / 1000 is discarded at every request.
  it("is reached when requests come every millisecond", async () => {
    for (const cap of [0.05, 0.15, 1.9999]) {
      const sidecar = await Sidecar.start({ sampling: { max_traces_per_second: cap } });
      assert.ok(sampled(sidecar, 100 * SECOND, 1) >= Math.floor(cap * 100));
    }
  });

  // context/sampling.ts admits(): no refill until the clock has caught up.
  it("lets traces start after the clock was set back", async () => {
    const sidecar = await Sidecar.start({ sampling: { max_traces_per_second: 10 } });
    sampled(sidecar, 100, 0);
    sidecar.host.now -= 3600 * SECOND;
    sidecar.request({ headers: FRESH });
    sidecar.host.now += SECOND;
    assert.equal(sampled(sidecar, 100, 0), 10);
  });
});

// The live stream of the list: what its events say, and when it ends.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Change } from "../../../../satellite/serve/events.ts";
import { startSatellite } from "../../../../satellite/server.ts";
import type { Satellite } from "../../../../satellite/server.ts";
import { get, post } from "../client.ts";
import { encodeReport, someSpan, type WireSpan } from "../encode.ts";
import { eventually } from "../../../wait.ts";

const hex = (value: number) => value.toString(16).padStart(16, "0");

let satellite: Satellite;
beforeEach(async () => (satellite = await startSatellite()));
afterEach(() => satellite.close());

async function report(spans: WireSpan[], service = "reviews.default"): Promise<void> {
  const reporter = { tags: { "lightstep.component_name": service } };
  assert.equal((await post(satellite, encodeReport({ reporter, spans }))).status, 200);
}

describe("/api/live", () => {
  /** Reads events one by one. */
  async function follow(from: Satellite, query = "") {
    const abort = new AbortController();
    const response = await fetch(`${from.url}/api/live?${query}`, { signal: abort.signal });
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const reader = (response.body ?? assert.fail("no body")).pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const next = async (): Promise<Change> => {
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end >= 0) {
          const event = text.slice(0, end);
          text = text.slice(end + 2);
          return JSON.parse(event.replace(/^data: /, ""));
        }
        const { value, done } = await reader.read();
        assert.ok(!done, "the stream ended");
        text += value;
      }
    };
    return { next, stop: () => abort.abort() };
  }
  const seen = ({ whole, traces, gone, stored }: Change) => [
    whole,
    traces.map(({ traceId }) => Number(`0x${traceId}`)),
    gone.map((id) => Number(`0x${id}`)),
    stored,
  ];
  const one = (id: number, changes: WireSpan = {}) =>
    someSpan({ traceId: hex(id), spanId: hex(id), startMicros: id * 1_000_000, ...changes });

  it("begins with all that is stored and goes on with what changes", async () => {
    await report([one(1), one(2)]);
    const { next, stop } = await follow(satellite);
    const first = await next();
    assert.deepEqual(seen(first), [true, [2, 1], [], 2]);
    assert.deepEqual(first.services, ["reviews.default"]);
    await report([one(3)]);
    assert.deepEqual(seen(await next()), [false, [3], [], 3]);
    await report([one(1, { spanId: "ff", durationMicros: 1 })], "ratings.default");
    const grown = await next();
    assert.deepEqual([seen(grown), grown.traces[0]?.spanCount], [[false, [1], [], 3], 2]);
    assert.deepEqual(grown.services, ["ratings.default", "reviews.default"]);
    stop();
  });

  it("says what is gone: forgotten, or grown out of the filters", async () => {
    const small = await startSatellite({ maxTraces: 2 });
    const { next, stop } = await follow(small, "maxMicros=2000000");
    await next();
    await post(small, encodeReport({ spans: [one(1), one(2)] }));
    assert.deepEqual(seen(await next()), [false, [1, 2], [], 2]);
    await post(small, encodeReport({ spans: [one(2, { spanId: "ff", durationMicros: 3_000_000 }), one(3)] }));
    const [, traces, gone] = seen(await next());
    assert.deepEqual([traces, (gone as number[]).sort()], [[3], [1, 2]]);
    stop();
    await small.close();
  });

  it("forgets a reader that has gone, and refuses the thirty-third", async () => {
    const listeners = () => satellite.store.listenerCount("trace");
    const readers = await Promise.all(Array.from({ length: 32 }, () => follow(satellite)));
    assert.equal(listeners(), 32);
    assert.equal((await get(satellite, "/api/live")).status, 503);
    for (const { stop } of readers) stop();
    await eventually("the readers to be forgotten", () => listeners() === 0, Boolean);
    (await follow(satellite)).stop();
  });
});

// What the page asks of the JSON API: filtered lists, kept spans in any format, and latency by a tag.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Comparison } from "../../../../satellite/store/compare.ts";
import { startSatellite } from "../../../../satellite/server.ts";
import type { Satellite } from "../../../../satellite/server.ts";
import { get, post } from "../client.ts";
import { encodeReport, someSpan, type WireSpan } from "../encode.ts";
import { attribute, encodeOtlp, someOtlpSpan, TRACE_ID } from "../otlp.ts";
import { send, zipkin } from "../receive/senders.ts";

const hex = (value: number) => value.toString(16).padStart(16, "0");

let satellite: Satellite;
beforeEach(async () => (satellite = await startSatellite()));
afterEach(() => satellite.close());

async function report(spans: WireSpan[], service = "reviews.default"): Promise<void> {
  const reporter = { tags: { "lightstep.component_name": service } };
  assert.equal((await post(satellite, encodeReport({ reporter, spans }))).status, 200);
}

describe("the filters of /api/traces", () => {
  const ids = async (query: string) =>
    (await get(satellite, `/api/traces?${query}`)).body.map((trace: { traceId: string }) =>
      Number(`0x${trace.traceId}`),
    );

  beforeEach(async () => {
    const one = (id: number, durationMicros: number, tags: WireSpan["tags"]) =>
      someSpan({ traceId: hex(id), spanId: hex(id), startMicros: 9_000_000 - id, durationMicros, tags });
    await report([
      one(1, 10, { version: "v1", "a=b": "c" }),
      one(2, 20, { version: "v2" }),
      one(3, 30, { version: "v3", empty: "" }),
    ]);
    await report(
      [someSpan({ traceId: hex(1), spanId: "b", startMicros: 9_000_000, durationMicros: 5, tags: { version: "v3" } })],
      "ratings.default",
    );
  });

  for (const [query, expected] of [
    ["tag=version=v3", [1, 3]],
    ["tag=version", [1, 2, 3]],
    ["tag=absent", []],
    ["tag=empty=", [3]],
    ["tag=a%3Db%3Dc", [1]],
    ["tag=a%3Db", [1]],
    ["tag=constructor", []],
    ["tag=version=v3&tag=empty", [3]],
    ["service=reviews.default&tag=version=v3", [3]],
    ["service=ratings.default&tag=version=v1", []],
    ["minMicros=20", [2, 3]],
    ["maxMicros=20", [1, 2]],
    ["minMicros=11&maxMicros=29", [2]],
    ["minMicros=20&limit=1", [2]],
  ] as const) {
    it(`${query} leaves ${JSON.stringify(expected)}`, async () => {
      assert.deepEqual(await ids(query), expected);
    });
  }

  for (const [query, error] of [
    ["minMicros=1s", `minMicros is "1s": it must be a whole number from 0`],
    ["maxMicros=-1", `maxMicros is "-1": it must be a whole number from 0`],
    ["tag=", `tag is "": it must be name=value, or a name`],
    ["tag=%3Dv3", `tag is "=v3": it must be name=value, or a name`],
  ] as const) {
    it(`${query} is refused, in /api/live too`, async () => {
      for (const path of ["traces", "live"]) {
        assert.deepEqual(await get(satellite, `/api/${path}?${query}`), { status: 400, body: { error } });
      }
    });
  }
});

describe("a span with the tag sampling.kept", () => {
  const parentId = "00000000000000aa";
  const kept = { "sampling.kept": "slow" };
  const formats = {
    lightstep: () => report([someSpan({ traceId: TRACE_ID.slice(-16), parentId, tags: kept })]),
    otlp: () => {
      const attributes = [attribute("sampling.kept", "slow")];
      const span = someOtlpSpan({ parentSpanId: Buffer.from(parentId, "hex"), attributes });
      return send(satellite, "/v1/traces", "application/x-protobuf", encodeOtlp({ spans: [span] }));
    },
    zipkin: () => send(satellite, "/api/v2/spans", "application/json", zipkin({ parentId, tags: kept })),
  };

  for (const [format, sendKept] of Object.entries(formats)) {
    it(`is known as kept when it comes as ${format}, and its trace is found by the tag`, async () => {
      await report([someSpan({ traceId: hex(1) })]);
      await sendKept();
      const [summary, ...others] = (await get(satellite, "/api/traces?tag=sampling.kept")).body;
      assert.deepEqual([summary.keptSpans, summary.spanCount, others], [1, 1, []]);
      assert.equal((await get(satellite, `/api/traces/${TRACE_ID}`)).body.spans[0].kept, "slow");
      assert.equal((await get(satellite, `/api/traces/${hex(1)}`)).body.keptSpans, 0);
    });
  }
});

describe("/api/latency", () => {
  const ask = async (query = ""): Promise<Comparison> => (await get(satellite, `/api/latency?${query}`)).body;

  /** `count` spans of one operation with these tags, each a microsecond longer than the last. */
  const spans = (count: number, from: number, tags: WireSpan["tags"], operation = "search") =>
    Array.from({ length: count }, (_, index) =>
      someSpan({
        traceId: hex(from * 1000 + index + 1),
        spanId: hex(index + 1),
        operation,
        durationMicros: from + index,
        tags: { component: "proxy", "span.kind": "server", ...tags },
      }),
    );

  it("groups by version unless told otherwise, v2 before v10, spans without one last", async () => {
    await report([...spans(3, 100, { version: "v10" }), ...spans(2, 500, { version: "v2" }), ...spans(1, 110, {})]);
    const { by, groups, selected } = await ask();
    assert.equal(by, "version");
    assert.deepEqual(
      groups.map(({ value, count, medianMicros, slow }) => [value, count, medianMicros, slow]),
      [
        ["v2", 2, 500, true],
        ["v10", 3, 101, false],
        [null, 1, 110, false],
      ],
    );
    assert.deepEqual([selected?.label, selected?.spread], ["reviews.default: proxy server", 500 / 101]);
  });

  it("takes the operation where the tag makes the greatest difference, or the one that is asked for", async () => {
    await report([
      ...spans(9, 100, { version: "v1" }, "even"),
      ...spans(2, 100, { version: "v1" }, "uneven"),
      ...spans(2, 900, { version: "v2" }, "uneven"),
    ]);
    const { operations, selected } = await ask();
    assert.deepEqual(
      operations.map(({ operation }) => operation),
      ["uneven", "even"],
    );
    assert.equal(selected?.operation, "uneven");
    assert.equal((await ask("operation=even&service=reviews.default&kind=server")).selected?.operation, "even");
    const { selected: none, groups } = await ask("operation=absent");
    assert.deepEqual([none, groups], [null, []]);
  });

  it("leaves kept spans out of every number, and counts those of the operation", async () => {
    await report([
      ...spans(3, 100, { version: "v1" }),
      ...spans(3, 150, { version: "v2" }),
      ...spans(9, 9000, { version: "v1", "sampling.kept": "slow" }),
      ...spans(2, 50, { version: "v2", "sampling.kept": "error", error: true }),
      ...spans(4, 7000, { version: "v1", "sampling.kept": "slow" }, "never sampled"),
    ]);
    const { operations, selected, tags, groups, keptSpans } = await ask();
    assert.deepEqual([operations.length, selected?.count, keptSpans], [1, 6, 11]);
    assert.deepEqual(
      tags.map(({ name }) => name),
      ["version"],
    );
    assert.deepEqual(
      groups.map(({ value, count, medianMicros, errors, slow }) => [value, count, medianMicros, errors, slow]),
      [
        ["v1", 3, 101, 0, false],
        ["v2", 3, 151, 0, false],
      ],
    );
    const unsampled = await ask("operation=never+sampled");
    assert.deepEqual([unsampled.selected, unsampled.groups, unsampled.keptSpans], [null, [], 4]);
  });

  it("tells the two sides of a call apart", async () => {
    await report([...spans(2, 100, { version: "v1" }), ...spans(3, 100, { version: "v1", "span.kind": "client" })]);
    assert.deepEqual(
      (await ask()).operations.map(({ kind, count }) => [kind, count]),
      [
        ["client", 3],
        ["server", 2],
      ],
    );
  });

  it("puts every span into a bucket that its duration is in, a duration of 0 into the first", async () => {
    await report([...spans(50, 0, { version: "v1" }), ...spans(50, 900, { version: "v1" })]);
    const [group] = (await ask()).groups;
    const buckets = group?.buckets ?? [];
    assert.equal(
      buckets.reduce((sum, { count }) => sum + count, 0),
      100,
    );
    for (const { fromMicros, toMicros, traceId } of buckets) {
      const span = satellite.store.get(traceId)?.spans[0];
      const micros = Math.max(1, span?.durationMicros ?? -1);
      assert.ok(
        micros >= fromMicros * 0.999 && micros <= toMicros * 1.001,
        `${micros} in ${fromMicros} to ${toMicros}`,
      );
    }
  });

  it("offers tags that can be compared, and shows no more values than one can read", async () => {
    await report(
      Array.from(
        { length: 30 },
        (_, index) => spans(1, index + 1, { id: String(index), half: String(index % 2), one: "1" })[0] ?? {},
      ),
    );
    const { tags } = await ask("by=half");
    assert.deepEqual(
      tags.map(({ name, values }) => [name, values]),
      [["half", 2]],
    );
    const { groups, otherValues } = await ask("by=id");
    assert.deepEqual([groups.length, otherValues], [20, 10]);
  });

  it("takes any name for a tag but an empty one", async () => {
    await report(spans(2, 100, { version: "v1" }));
    assert.deepEqual(
      (await ask("by=__proto__")).groups.map(({ value }) => value),
      [null],
    );
    assert.deepEqual(await get(satellite, "/api/latency?by="), {
      status: 400,
      body: { error: "by is empty: it must be the name of a tag" },
    });
  });
});

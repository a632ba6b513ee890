// What the page asks of the satellite: filters, the comparison, the live stream, and the page's own files.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Comparison } from "../../../satellite/store/compare.ts";
import type { Change } from "../../../satellite/serve/events.ts";
import { startSatellite } from "../../../satellite/server.ts";
import type { Satellite } from "../../../satellite/server.ts";
import { decodeReport } from "../../../satellite/receive/lightstep.ts";
import { TraceStore } from "../../../satellite/store/traces.ts";
import { get, post, REPORTS } from "./client.ts";
import { encodeReport, someSpan, type WireSpan } from "./encode.ts";

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

describe("/api/latency", () => {
  const ask = async (query = ""): Promise<Comparison> => (await get(satellite, `/api/latency?${query}`)).body;

  /** So many spans of one operation with these tags, each a microsecond longer than the one before. */
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
    for (let tries = 0; listeners() > 0 && tries < 100; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(listeners(), 0);
    (await follow(satellite)).stop();
  });
});

describe("the store", () => {
  it("keeps no more spans than it may, and says which traces it forgot", () => {
    const store = new TraceStore({ maxTraces: 100, maxSpans: 10 });
    const forgotten: string[] = [];
    store.on("forget", (traceId) => forgotten.push(traceId));
    for (let id = 1; id <= 4; id++) {
      const spans = Array.from({ length: 4 }, (_, index) => someSpan({ traceId: hex(id), spanId: hex(index + 1) }));
      store.add(decodeReport(encodeReport({ spans })));
      store.add(decodeReport(encodeReport({ spans })));
    }
    assert.deepEqual(forgotten, [hex(1), hex(2)]);
    assert.deepEqual([store.size, store.forgotten, store.duplicates], [2, 2, 16]);
  });
});

describe("a reader", () => {
  /** The status of a request that names this Host; fetch would name its own. */
  const statusFor = (host: string, path: string, report?: Uint8Array): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const method = report ? "POST" : "GET";
      const headers = { host, accept: "text/html", ...(report && { "content-type": "application/octet-stream" }) };
      request({ host: "127.0.0.1", port: satellite.port, method, path, headers }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      })
        .on("error", reject)
        .end(report);
    });

  for (const host of ["localhost", "localhost:8360", "127.0.0.1:8360", "127.1.2.3", "[::1]:8360"])
    it(`who asks ${host} is answered`, async () => assert.equal(await statusFor(host, "/api/traces"), 200));
  for (const host of ["rebound.example:8360", "localhost.example", "127.0.0.1.example", "x-localhost"]) {
    it(`who asks ${host} gets nothing`, async () => {
      for (const path of ["/", "/page.js", "/api/traces", "/api/stats"])
        assert.equal(await statusFor(host, path), 403, path);
    });
  }

  it("is another matter than a report, which names the cluster that it is for", async () => {
    const report = encodeReport({ spans: [someSpan()] });
    assert.equal(await statusFor("lightspan-collector", REPORTS, report), 200);
  });
});

describe("the page", () => {
  const asBrowser = (path: string) => fetch(satellite.url + path, { headers: { accept: "text/html,*/*" } });

  it("comes with a policy that lets nothing in and nothing out", async () => {
    const response = await asBrowser("/");
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
    const policy = (response.headers.get("content-security-policy") ?? "").split("; ");
    assert.ok(policy.includes("default-src 'none'"), policy.join());
    assert.deepEqual(
      policy.filter((part) => /unsafe|https?:|\*|data:|blob:/.test(part)),
      [],
    );
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  });

  it("has each file that it names, and names none elsewhere", async () => {
    const html = await (await asBrowser("/")).text();
    const paths = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path);
    assert.ok(paths.includes("/page.js") && paths.includes("/page.css"), paths.join());
    for (const path of paths) {
      assert.match(path, /^\/\w/);
      assert.equal((await fetch(satellite.url + path)).status, 200, path);
    }
    for (const file of ["page.js", "page.css"]) {
      const built = new URL(`../../../build/page/${file}`, import.meta.url);
      assert.ok(existsSync(built), `${file} is not built`);
      assert.doesNotMatch(readFileSync(built, "utf8").replaceAll("http://www.w3.org/", ""), /https?:\/\//, file);
    }
  });

  it("gives no file that is not its own", async () => {
    for (const path of ["/page.js/../../package.json", "/..%2fpackage.json", "/index.html", "/page.ts"]) {
      assert.equal((await asBrowser(path)).status, 404, path);
    }
  });
});

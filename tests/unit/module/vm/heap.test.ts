// Flat memory: a hundred thousand requests leave nothing behind, and a configuration's memory is freed with it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Headers } from "../../../host/headers.ts";
import type { Answer } from "../../../host/options.ts";
import { Random } from "../../../host/random.ts";
import { ANSWERED, ended, FRESH, OK, SAMPLED, UNSAMPLED } from "../requests.ts";
import { configuration, INBOUND, OUTBOUND, Sidecar, type Changes } from "../sidecar.ts";

const WARM = 1_000;
const REQUESTS = 100_000;
/** Requests of the variants. If each leaked the smallest block, of 16 bytes, that would be 300 KB. */
const FEWER = 20_000;
/** Requests for each tick of the timer: a thousand a second. */
const TICK = 1_000;

const FAILED = ended({ response: { code: 503 } });

/**
 * Sends `requests` through the VM, `open` at a time, and answers every report. Returns memory after WARM and after all
 * of them. Without `logged`, streams get no log, as over HTTP/3. One of `failsOnceIn` requests ends in an error.
 */
async function run(
  headers: Headers,
  open: number,
  logged = true,
  {
    changes = {},
    failsOnceIn = Infinity,
    requests = REQUESTS,
  }: { changes?: Changes; failsOnceIn?: number; requests?: number } = {},
): Promise<{ warm: number; after: number; sidecar: Sidecar }> {
  const sidecar = await Sidecar.start(changes);
  sidecar.configure(OUTBOUND, changes);
  const { host } = sidecar;
  const streams: number[] = [];
  let warm = 0;
  for (let i = 1; i <= requests; i++) {
    const stream = host.openStream(i % 2 === 0 ? INBOUND : OUTBOUND);
    host.requestHeaders(stream, headers);
    streams.push(stream);
    if (streams.length >= open) {
      const oldest = streams.shift() as number;
      const properties = i % failsOnceIn === 0 ? FAILED : OK;
      if (logged) host.log(oldest, { responseHeaders: ANSWERED, properties });
      host.done(oldest, properties);
    }
    if (i % TICK === 0) {
      host.tick(INBOUND);
      host.now += 1_000;
    }
    for (const call of host.inFlight) host.answer(call.token, { status: 200 });
    host.calls.length = 0;
    if (i === WARM) warm = host.memorySize;
  }
  return { warm, after: host.memorySize, sidecar };
}

describe("memory between request 1,000 and request 100,000", () => {
  for (const open of [1, 400]) {
    it(`stays the same with recorded spans, ${open} streams open at once`, async () => {
      const { warm, after, sidecar } = await run(SAMPLED, open);
      assert.equal(after, warm);
      assert.ok(sidecar.account.sent > 0.99 * REQUESTS, "the spans were recorded and sent");
    });

    it(`stays the same with unsampled requests, ${open} streams open at once`, async () => {
      const { warm, after, sidecar } = await run(UNSAMPLED, open);
      assert.equal(after, warm);
      assert.ok(sidecar.count("spans_unsampled") > 0.98 * REQUESTS);
      assert.equal(sidecar.account.recorded, 0);
    });

    it(`stays the same with streams that get no log, ${open} open at once`, async () => {
      const { warm, after, sidecar } = await run(SAMPLED, open, false);
      assert.equal(after, warm);
      assert.ok(sidecar.account.sent > 0.99 * REQUESTS, "the spans were recorded and sent");
    });
  }

  it("stays the same in a flood of errors that the buffer refuses, without a tick", async () => {
    const sidecar = await Sidecar.start({ sampling: { keep_errors: true }, buffer: { max_bytes: 65_536 } });
    const { host } = sidecar;
    let warm = 0;
    for (let i = 1; i <= 20 * WARM; i++) {
      const stream = host.openStream(INBOUND);
      host.requestHeaders(stream, UNSAMPLED);
      host.log(stream, { responseHeaders: ANSWERED, properties: FAILED });
      host.done(stream);
      if (i === WARM) warm = host.memorySize;
    }
    assert.equal(host.memorySize, warm);
    sidecar.tick();
    assert.ok(sidecar.account.dropped > 19 * WARM, "the spans were dropped");
  });

  it("stays the same with traces that start here", async () => {
    const { warm, after, sidecar } = await run(FRESH, 1);
    assert.equal(after, warm);
    assert.ok(sidecar.count("traces_started") > 0.99 * REQUESTS);
  });

  // index.ts collects garbage in proxy_on_tick and proxy_on_configure; each answer leaves some 250 bytes until then.
  it("stays the same while no tick comes", async () => {
    const sidecar = await Sidecar.start({ buffer: { flush_spans: 1, flush_interval_ms: 3_600_000 } });
    let warm = 0;
    for (let i = 1; i <= 20_000; i++) {
      sidecar.request();
      sidecar.answer();
      if (i === WARM) warm = sidecar.host.memorySize;
    }
    assert.equal(sidecar.host.memorySize, warm);
  });
});

describe("memory between request 1,000 and request 20,000", () => {
  const KEEPING = {
    changes: { sampling: { rate: 0, keep_errors: true, keep_slower_than_ms: 5000 } },
    failsOnceIn: 10,
    requests: FEWER,
  };
  for (const [how, logged] of [
    ["", true],
    [" and streams that get no log", false],
  ] as const) {
    it(`stays the same with unsampled requests of which some are kept${how}`, async () => {
      const { warm, after, sidecar } = await run(UNSAMPLED, 400, logged, KEEPING);
      assert.equal(after, warm);
      assert.ok(sidecar.count("spans_kept") > (0.97 * FEWER) / 10, "spans were kept");
      assert.ok(sidecar.count("spans_unsampled") > 0.87 * FEWER, "and most were not");
    });
  }

  it("stays the same with rules and thresholds", async () => {
    const rules = [
      { header: { name: "x-none" }, rate: 0 },
      { path_prefix: "/reviews", method: "GET", rate: 0.5 },
    ];
    const propagation = { inject: ["tracecontext"] };
    const changes = { propagation, sampling: { rate: 0, rules, tracestate: true, keep_errors: true } };
    const { warm, after, sidecar } = await run(FRESH, 1, true, { changes, failsOnceIn: 10, requests: FEWER });
    assert.equal(after, warm);
    assert.ok(sidecar.account.sent > 0.4 * FEWER, "half of the traces were sampled");
  });
});

describe("memory with a collector that accepts one report and fails another", () => {
  const answers: Answer[] = [
    "reset",
    { status: 200 },
    { status: 413 },
    { status: 200 },
    { status: 503 },
    { status: 400 },
  ];
  for (const collector of [{}, { protocol: "otlp" }, { protocol: "zipkin", compression: "deflate" }]) {
    it(`stays the same, and is freed: ${JSON.stringify(collector)}`, async () => {
      const sidecar = await Sidecar.start({ collector, buffer: { flush_spans: 20 }, retry: { base_ms: 1, max_ms: 2 } });
      const { host } = sidecar;
      const random = new Random(1);
      let warm = 0;
      for (let i = 1; i <= 40_000; i++) {
        sidecar.request();
        if (i % 5 === 0) sidecar.pass(3);
        const size = host.inFlight[0]?.body.length ?? 0;
        if (size > 0) sidecar.answer(size > 8_000 ? { status: 413 } : random.pick(answers));
        host.calls.length = 0;
        if (i === 5_000) warm = host.memorySize;
      }
      assert.equal(host.memorySize, warm);
      const [retried, dropped] = [sidecar.count("reports_retried"), sidecar.account.dropped];
      assert.ok(retried > 100 && dropped > 100, `${retried} tries again, ${dropped} spans dropped`);
    });
  }
});

// Shows that the tests above could fail: here memory does grow. Besides the encoded spans, each batch has spare room at
// its end, and the allocator doubles its memory whenever it runs short: in all two and a half times the buffer.
const SLACK = 2.5;

describe("memory while no answer comes", () => {
  for (const maxBytes of [1 << 20, 4 << 20]) {
    it(`grows with the buffer, up to ${SLACK} times its ${maxBytes} bytes`, async () => {
      const sidecar = await Sidecar.start({ buffer: { max_bytes: maxBytes } });
      const before = sidecar.host.memorySize;
      let full = 0;
      for (let i = 1; i <= 50_000; i++) {
        sidecar.request();
        if (i % TICK === 0) sidecar.tick();
        if (full === 0 && sidecar.account.dropped > 0) full = sidecar.host.memorySize;
      }
      const after = sidecar.host.memorySize;
      assert.ok(sidecar.account.dropped > 0, "the buffer has filled");
      assert.ok(after >= before + maxBytes, `${after} bytes`);
      assert.ok(after <= before + SLACK * maxBytes, `${after} bytes`);
      assert.equal(after, full, "a buffer that has filled once asks for no more");
    });
  }
});

describe("memory of the table of streams", () => {
  it("grows with the most streams ever open at once, not with their total number", async () => {
    const sidecar = await Sidecar.bare();
    sidecar.host.configure(INBOUND, configuration());
    const sizes: number[] = [];
    for (let round = 0; round < 3; round++) {
      const streams = Array.from({ length: 5_000 }, () => sidecar.host.openStream(INBOUND));
      for (const stream of streams) {
        sidecar.host.log(stream, { requestHeaders: null });
        sidecar.host.done(stream);
      }
      sizes.push(sidecar.host.memorySize);
    }
    assert.ok((sizes[0] as number) > 512 * 1024);
    assert.deepEqual(new Set(sizes).size, 1, String(sizes));
  });
});

const CHANGES = 3_000;

/** The part of every configuration below that is kept, in every kind of memory. */
const RICH: Changes = {
  collector: { compression: "deflate", access_token_env: "TOKEN", headers: { "x-scope-orgid": "12345678" } },
  propagation: { inject: ["b3multi", "tracecontext"] },
  sampling: {
    exclude_paths: ["/healthz", "/metrics"],
    rules: [{ path_prefix: "/checkout", method: "POST", header: { name: "x-tenant", value: "acme" }, rate: 0.5 }],
    ...{ keep_errors: true, keep_slower_than_ms: 500, tracestate: true },
  },
  tags: {
    literal: { stage: "canary" },
    environment: { region: "REGION" },
    request_headers: { tenant: "x-tenant" },
    response_headers: { answered: "x-answered" },
    properties: { sni: "connection.requested_server_name", pod: "xds.node.id" },
  },
};

/** The `number`th configuration of each kind. */
const SEQUENCES: Record<string, (number: number) => Changes> = {
  "that are all the same": () => RICH,
  "of two kinds by turns": (number) => ({ ...RICH, collector: { ...RICH.collector, timeout_ms: 1000 + (number % 2) } }),
  "each with another token, another tag and another path": (number) => ({
    ...RICH,
    collector: { access_token: `a-token-of-many-${number}`, path: `/reports/${number}` },
    tags: { ...RICH.tags, literal: { build: `${number}` } },
  }),
  "in every format by turns": (number) => ({
    ...RICH,
    collector: { protocol: ["lightstep", "otlp", "zipkin"][number % 3], timeout_ms: 1000 + number },
  }),
};

describe(`memory of ${CHANGES} configurations`, () => {
  for (const [kind, changes] of Object.entries(SEQUENCES)) {
    it(`${kind} is freed when they end, with a span of each sent`, async () => {
      const sidecar = await Sidecar.bare({ environment: { TOKEN: "of-a-variable", REGION: "eu", ANOTHER: "one" } });
      sidecar.collectors = 2;
      let warm = 0;
      for (let number = 1; number <= CHANGES; number++) {
        const [root, before] = number % 2 === 0 ? [INBOUND, OUTBOUND] : [OUTBOUND, INBOUND];
        sidecar.configure(root, changes(number));
        if (number > 1) sidecar.done(before);
        while (sidecar.host.inFlight.length > 0) sidecar.answer();
        sidecar.request({ root });
        sidecar.tick(root);
        if (number === 100) warm = sidecar.host.memorySize;
        sidecar.host.calls.length = 0;
      }
      assert.equal(sidecar.host.memorySize, warm);
      const { recorded, sent, buffered } = sidecar.account;
      assert.deepEqual([recorded, sent], [CHANGES, CHANGES - buffered]);
    });
  }

  it("that are refused is freed", async () => {
    const { host } = await Sidecar.bare();
    const refused = configuration({ ...RICH, collector: { access_token_env: "NOWHERE" } });
    let warm = 0;
    for (let i = 1; i <= CHANGES; i++) {
      assert.equal(host.configure(INBOUND, refused), false);
      host.logs.length = 0;
      if (i === 100) warm = host.memorySize;
    }
    assert.equal(host.memorySize, warm);
  });

  it("that come to the same root context is freed", async () => {
    const sidecar = await Sidecar.bare({ environment: { TOKEN: "of-a-variable" } });
    let warm = 0;
    for (let i = 1; i <= CHANGES; i++) {
      sidecar.configure(INBOUND, { ...RICH, collector: { timeout_ms: 1000 + i } });
      if (i === 100) warm = sidecar.host.memorySize;
    }
    assert.equal(sidecar.host.memorySize, warm);
  });
});

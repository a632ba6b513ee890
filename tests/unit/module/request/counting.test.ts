// From the sampled spans, a backend estimates how many requests there were: each stands for 1/p of them, and p is in its
// `th`. The host's random source has a fixed seed, so these numbers are the same in each run.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { boundOf, estimate, probabilityOf, randomnessOf, readOtlp, thresholdOf, type OtlpSpan } from "../../../otlp.ts";
import { ended, FRESH, request } from "../requests.ts";
import { Sidecar, type Changes } from "../sidecar.ts";

interface Class {
  path: string;
  rate: number;
  requests: number;
}

const CLASSES: Class[] = [
  { path: "/checkout/", rate: 0.5, requests: 5_000 },
  { path: "/search/", rate: 0.1, requests: 15_000 },
  { path: "/other/", rate: 0.01, requests: 100_000 },
];
const RULES = CLASSES.slice(0, 2).map(({ path, rate }) => ({ path_prefix: path, rate }));
const REST = CLASSES[2]?.rate;
/** One request in so many ends in an error. */
const ERRORS = 20;
/** A tick after so many requests. */
const TICK = 500;

const FINE = ended();
const FAILED = ended({ response: { code: 500 } });
const OTLP: Changes = {
  collector: { protocol: "otlp" },
  propagation: { inject: ["b3multi", "tracecontext"] },
  // A tick sends all.
  buffer: { flush_spans: 1000 },
};

/** Sends all spans, and returns those sent since the last time. */
function sent(sidecar: Sidecar): OtlpSpan[] {
  while (sidecar.host.inFlight.length > 0) sidecar.answer();
  sidecar.tick();
  while (sidecar.host.inFlight.length > 0) sidecar.answer();
  return sidecar.host.calls.splice(0).flatMap(({ body }) => readOtlp(body));
}

function isOf(path: string): (span: OtlpSpan) => boolean {
  return ({ tags }) => tags["http.url"]?.includes(path) ?? false;
}

describe("of 120,000 requests, sampled by rules and at 1 %, with errors kept", () => {
  const spans: OtlpSpan[] = [];
  let sidecar: Sidecar;

  before(async () => {
    sidecar = await Sidecar.start({
      ...OTLP,
      sampling: { rules: RULES, rate: REST, keep_errors: true, tracestate: true },
    });
    for (const { path, requests } of CLASSES) {
      const headers = request().map(([name, value]) => [name, name === ":path" ? path : value] as const);
      for (let i = 0; i < requests; i++) {
        sidecar.request({ headers, properties: i % ERRORS === 0 ? FAILED : FINE });
        if (i % TICK === 0) spans.push(...sent(sidecar));
      }
    }
    spans.push(...sent(sidecar));
  });

  for (const { path, rate, requests } of CLASSES) {
    it(`the spans of ${path} estimate its ${requests} requests`, () => {
      const own = spans.filter(isOf(path));
      const error = estimate(own) - requests;
      assert.ok(Math.abs(error) <= boundOf(requests, rate), `off by ${error}`);
      for (const span of own) {
        const threshold = thresholdOf(span);
        if (threshold !== undefined) assert.ok(Math.abs(probabilityOf(threshold) - rate) < 1e-12, span.traceState);
      }
    });
  }

  it("all spans together estimate all requests", () => {
    const variance = CLASSES.reduce((sum, { rate, requests }) => sum + boundOf(requests, rate) ** 2, 0);
    const error = estimate(spans) - CLASSES.reduce((sum, { requests }) => sum + requests, 0);
    assert.ok(Math.abs(error) <= Math.sqrt(variance), `off by ${error}`);
  });

  it("the random bits of each span that is not kept reach its threshold, and no kept span has one", () => {
    for (const span of spans) {
      const threshold = thresholdOf(span);
      assert.equal(threshold === undefined, span.tags["sampling.kept"] === "error");
      if (threshold !== undefined) assert.ok(randomnessOf(span) >= threshold, span.traceId);
    }
  });

  it("all errors are there, sampled or kept: they are counted, not estimated", () => {
    const errors = spans.filter(({ tags }) => tags["http.status_code"] === "500");
    assert.equal(errors.length, 120_000 / ERRORS);
    const kept = spans.filter(({ tags }) => tags["sampling.kept"] !== undefined);
    assert.equal(kept.length, sidecar.count("spans_kept"));
  });
});

describe("sampling.max_traces_per_second with sampling.tracestate", () => {
  const SECOND = 1000;

  it("leaves out th while traces are refused that the rate would sample, so that nothing wrong is added up", async () => {
    const sidecar = await Sidecar.start({
      ...OTLP,
      sampling: { rate: 0.5, tracestate: true, max_traces_per_second: 100 },
    });
    const told = (spans: OtlpSpan[]): boolean[] => spans.map((span) => thresholdOf(span) !== undefined);
    // Slow enough for the cap: exact.
    for (let i = 0; i < 1000; i++) {
      sidecar.request({ headers: FRESH });
      sidecar.host.now += 20;
    }
    const slow = sent(sidecar);
    assert.ok(Math.abs(estimate(slow) - 1000) <= boundOf(1000, 0.5), `${estimate(slow)}`);
    assert.ok(told(slow).every((each) => each));
    // All at once: the first hundred are as the rate says, up to the first refusal.
    for (let i = 0; i < 1000; i++) sidecar.request({ headers: FRESH });
    const burst = sent(sidecar);
    assert.equal(burst.length, 100);
    // Half full again: traces start, but fewer than the rate says.
    sidecar.host.now += SECOND / 2;
    for (let i = 0; i < 1000; i++) sidecar.request({ headers: FRESH });
    const short = sent(sidecar);
    assert.equal(short.length, 50);
    assert.ok(told(short).every((each) => !each));
    // Full: exact again.
    sidecar.host.now += SECOND;
    for (let i = 0; i < 100; i++) sidecar.request({ headers: FRESH });
    const after = sent(sidecar);
    assert.ok(after.length > 0 && told(after).every((each) => each));
  });
});

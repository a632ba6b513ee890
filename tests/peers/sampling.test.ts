// A real Collector's samplers after Lightspan: which spans come out is checked trace by trace, against the 56 random bits.
// Requests go through two Envoys, so each sampled trace has two spans. The Collector's processors for kept spans are
// those of docs/sampling.md.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { parseAllDocuments } from "yaml";
import type { Config } from "../../runner/config/bootstrap.ts";
import { collectorCluster } from "../../runner/config/mesh.ts";
import { during, listen } from "../envoy/ground.ts";
import { settled, startHops } from "../envoy/propagation/hops.ts";
import { probabilityOf, randomnessOf, thresholdOf, type OtlpSpan } from "../otlp.ts";
import { eventually } from "../wait.ts";
import { startOtelcol, type Otelcol, type Processing } from "./otelcol.ts";
import { ToolMissing } from "./tools.ts";

const RATE = 0.1;
const REQUESTS = 1500;
const FAILING = 300;
const WITH_RV = 300;
/** How many requests are under way at once. */
const CONCURRENCY = 8;

const HOP: Config = {
  collector: { cluster: collectorCluster, protocol: "otlp" },
  propagation: { inject: ["b3multi", "tracecontext"] },
  sampling: { rate: RATE, keep_errors: true, tracestate: true },
};

interface Block {
  processors: Record<string, object>;
  service?: { pipelines: Record<string, { processors: string[] }> };
}

/** The Collector's configurations in docs/sampling.md. */
const [aroundSampler, tailSampling] = [
  ...readFileSync(new URL("../../docs/sampling.md", import.meta.url), "utf8").matchAll(/^```yaml\n(.*?)^```$/gms),
].map(([, yaml = ""]) => parseAllDocuments(yaml)[0]?.toJS() as Block);

/** Every sampler in a pipeline of its own, all with the same spans. */
function processing(): Processing {
  const sampler = (mode: string | undefined, sampling_percentage: number): object => ({ mode, sampling_percentage });
  const documented = Object.entries(aroundSampler?.service?.pipelines ?? {});
  return {
    processors: {
      "probabilistic_sampler/product": sampler("proportional", 10),
      "probabilistic_sampler/smaller": sampler("equalizing", 5),
      "probabilistic_sampler/larger": sampler("equalizing", 20),
      "probabilistic_sampler/half": sampler("proportional", 50),
      "probabilistic_sampler/unset": sampler(undefined, 50),
      ...aroundSampler?.processors,
      tail_sampling: { ...tailSampling?.processors.tail_sampling, decision_wait: "1s" },
    },
    pipelines: {
      "traces/product": ["probabilistic_sampler/product"],
      "traces/smaller": ["probabilistic_sampler/smaller"],
      "traces/larger": ["probabilistic_sampler/larger"],
      "traces/half": ["probabilistic_sampler/half"],
      "traces/unset": ["probabilistic_sampler/unset"],
      "traces/tail": ["tail_sampling"],
      ...Object.fromEntries(documented.map(([name, { processors }]) => [name, processors])),
    },
  };
}

const digits = (length: number): string =>
  Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join("");

/** With which probability a caller samples, whose traces have random bits of their own in `rv`. */
const CALLERS_RATE = 0.25;

/** A trace that such a caller has sampled. */
function fromCaller(): Record<string, string> {
  const randomness = Math.floor(Math.random() * 4 + 12).toString(16) + digits(13);
  return {
    traceparent: `00-1${digits(31)}-1${digits(15)}-01`,
    tracestate: `congo=t61rcWkgMzE,ot=th:c;rv:${randomness}`,
  };
}

/** Sends `times` requests, several at once. */
async function sendAll(
  url: string,
  times: number,
  headersOf: (index: number) => Record<string, string>,
): Promise<void> {
  let sent = 0;
  const keepSending = async (): Promise<void> => {
    while (sent < times) await (await fetch(url, { headers: headersOf(sent++) })).text();
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, keepSending));
}

/** Returns how many spans both sent. */
async function sendThroughTwoHops(collector: number): Promise<number> {
  const upstream = await listen(
    createServer(({ headers }, response) => {
      response.statusCode = headers["x-fails"] === undefined ? 200 : 500;
      response.end("ok");
    }),
  );
  const inner = await startHops({
    name: "inner",
    hops: [{ name: "in", direction: "INBOUND", settings: HOP }],
    upstream: upstream.port,
    collector,
  });
  const outer = await startHops({
    name: "outer",
    hops: [{ name: "out", direction: "OUTBOUND", settings: HOP }],
    upstream: await inner.listenerPort("in"),
    collector,
  });
  let sent = 0;
  try {
    await during([outer, inner], async () => {
      const url = `http://127.0.0.1:${await outer.listenerPort("out")}/`;
      const fails: Record<string, string> = { "x-fails": "1" };
      await sendAll(url, REQUESTS, (index) => (index < FAILING ? fails : {}));
      await sendAll(url, WITH_RV, fromCaller);
      sent = (await settled([outer, inner], 2 * (REQUESTS + WITH_RV))).spans_sent ?? 0;
    });
  } finally {
    await upstream.close();
  }
  return sent;
}

const started = await startOtelcol(processing()).catch((error: unknown) => {
  if (error instanceof ToolMissing) return error;
  throw error;
});

const hasRv = ({ traceState }: OtlpSpan): boolean => traceState.includes("rv:");
const isKept = ({ tags }: OtlpSpan): boolean => tags["sampling.kept"] !== undefined;

function byTrace(spans: OtlpSpan[]): Map<string, OtlpSpan[]> {
  const traces = new Map<string, OtlpSpan[]>();
  for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  return traces;
}

/** Those of `out` that are among `from`. */
function intersection(from: OtlpSpan[], out: OtlpSpan[]): OtlpSpan[] {
  const ids = new Set(idsOf(from));
  return out.filter(({ spanId }) => ids.has(spanId));
}

const idsOf = (spans: OtlpSpan[]): string[] => spans.map(({ spanId }) => spanId).sort();

if (started instanceof ToolMissing) {
  console.error(`skipped: a Collector's samplers: ${started.message}`);
  describe("a Collector's samplers after Lightspan", { skip: started.message }, () => {});
} else
  describe("a Collector's samplers, after Lightspan at rate 0.1,", () => {
    const collector: Otelcol = started;
    /** What Lightspan sent: sampled by its rate, sampled by the caller, kept. */
    let sampled: OtlpSpan[] = [];
    let callers: OtlpSpan[] = [];
    let kept: OtlpSpan[] = [];
    /** Those of them that have come out of a pipeline. */
    const sampledIn = (pipeline: string): OtlpSpan[] => intersection(sampled, collector.spansOf(pipeline));
    const callersIn = (pipeline: string): OtlpSpan[] => intersection(callers, collector.spansOf(pipeline));
    const keptIn = (pipeline: string): OtlpSpan[] => collector.spansOf(pipeline).filter(isKept);

    before(async () => {
      const port = collector.portOf("otlp", "http");
      assert.ok(port);
      const sent = await sendThroughTwoHops(port);
      const isAll = (spans: OtlpSpan[]): boolean => spans.length === sent;
      const all = await eventually("all spans", () => collector.spansOf("traces"), isAll);
      kept = all.filter(isKept);
      // Tail sampling decides later than the others.
      const areAllKept = (spans: OtlpSpan[]): boolean => spans.length === kept.length;
      await eventually("the kept spans", () => keptIn("traces/tail"), areAllKept);
      await collector.end();
      callers = all.filter(hasRv);
      sampled = all.filter((span) => !isKept(span) && !hasRv(span));
    });

    after(() => collector.stop());

    /** Checks that exactly the spans of `from` whose random bits reach the threshold of those that came out did so. */
    function assertExact(from: OtlpSpan[], out: OtlpSpan[], probability: number): void {
      const thresholds = new Set(out.map(thresholdOf));
      assert.equal(thresholds.size, 1, "all say one threshold");
      const [threshold] = thresholds;
      assert.ok(threshold !== undefined);
      // The Collector rounds to four significant digits.
      assert.ok(Math.abs(probabilityOf(threshold) / probability - 1) < 1e-3, `${probabilityOf(threshold)}`);
      assert.deepEqual(idsOf(out), idsOf(from.filter((span) => randomnessOf(span) >= threshold)));
      for (const [traceId, spans] of byTrace(out)) assert.equal(spans.length, 2, `${traceId} is not whole`);
    }

    it("get whole traces, each with the threshold of the rate", () => {
      assertExact(sampled, sampled, RATE);
      assert.equal(callers.length, 2 * WITH_RV);
      for (const { traceState } of callers) assert.match(traceState, /^congo=t61rcWkgMzE,ot=th:c;rv:[0-9a-f]{14}$/);
    });

    it("proportional, at 10 %: one trace in a hundred, whole, and th says the product", () =>
      assertExact(sampled, sampledIn("traces/product"), RATE * 0.1));

    it("equalizing, at 5 %: one trace in twenty, whole, and th says the smaller probability", () =>
      assertExact(sampled, sampledIn("traces/smaller"), 0.05));

    it("equalizing, at 20 %: all that Lightspan sampled, since 10 % is less", () =>
      assertExact(sampled, sampledIn("traces/larger"), RATE));

    it("decide about a caller's trace by its rv, and multiply its probability", () => {
      assertExact(callers, callersIn("traces/product"), CALLERS_RATE * 0.1);
      assertExact(callers, callersIn("traces/smaller"), 0.05);
    });

    it("without a mode: none that says a threshold", () => {
      assert.deepEqual(sampledIn("traces/unset"), []);
      assert.deepEqual(callersIn("traces/unset"), []);
    });

    it("drop all kept spans below Lightspan's rate, and above it give some a threshold", () => {
      assert.ok(kept.length > FAILING);
      assert.deepEqual([...keptIn("traces/product"), ...keptIn("traces/smaller")], []);
      const half = keptIn("traces/half");
      assert.ok(half.length > 0);
      assert.ok(half.every(({ traceState }) => traceState === "ot=th:8"));
    });

    it("leave alone the kept spans that the documented pipelines route around them", () => {
      assert.deepEqual(idsOf(collector.spansOf("traces/kept")), idsOf(kept));
      assert.ok(keptIn("traces/kept").every(({ traceState }) => traceState === ""));
      assertExact(sampled, sampledIn("traces/sampled"), RATE * 0.1);
      assert.deepEqual(keptIn("traces/sampled"), []);
    });

    it("tail sampling takes all kept spans by their tag, and no others", () =>
      assert.deepEqual(idsOf(collector.spansOf("traces/tail")), idsOf(kept)));
  });

// The output of npm run soak: a verdict that can fail, and a complete picture. Also its command line.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Account } from "../../envoy/faults/verdict.ts";
import { svgOf } from "../../../bench/report/picture.ts";
import { chartOf } from "../../soak/chart.ts";
import { readOptions, UsageError } from "../../soak/options.ts";
import type { Soak } from "../../soak/soak.ts";
import { asText, judge } from "../../soak/verdict.ts";

const MIB = 1024 * 1024;
const REQUESTS = 60_000;

/** A flawless soak of ten minutes, with the growth of memory in MiB, and its growth without the filter. */
function soakOf({ grows = 0, plainGrows = 0 } = {}): Soak {
  const options = { seconds: 600, perSecond: 100, workers: 2, seed: 1 };
  const account: Account = {
    ...{ recorded: REQUESTS, sent: REQUESTS - 10, dropped: 10, buffered: 0, reasons: { refused: 10 } },
    ...{ reportsSent: 3000, retried: 4 },
  };
  const acknowledged = REQUESTS - 10;
  const samples = Array.from({ length: 151 }, (_, i) => ({
    seconds: i * 4,
    memory: (90 + (grows * i) / 150) * MIB,
    plainMemory: (60 + (plainGrows * i) / 150) * MIB,
    account: { ...account, recorded: i * 400, sent: i * 400 - 10 },
    acknowledged: i * 400 - 10,
  }));
  const spell = (name: string, from: number) => ({ name, from, to: from + 2 });
  const load = { sent: REQUESTS, wrong: new Map<string, number>(), latencies: [1, 2, 3] };
  const none = { acknowledged, refused: 10, unclear: 0, unanswered: 0, open: 0 };
  const received = { reports: 3001, spans: REQUESTS, uniqueSpans: REQUESTS, uniqueAcknowledged: acknowledged, ...none };
  const spells = [spell("is down", 1), spell("answers 400", 4), spell("is down", 8)];
  return { options, samples, spells, seen: load, plain: load, account, received, broken: [] };
}

const failed = (soak: Soak): string[] =>
  judge(soak).flatMap(({ what, problem }) => (problem === undefined ? [] : [what]));

describe("the verdict of a soak", () => {
  it("is good if all is well, and fits on a screen", () => {
    const soak = soakOf();
    assert.deepEqual(failed(soak), []);
    const lines = asText(soak, judge(soak)).split("\n");
    assert.ok(lines.length < 12);
    assert.match(lines[0] ?? "", /3 faults of 2 kinds/);
  });

  it("is bad if a request is harmed, a span is missing, or a report cannot be read", () => {
    const soak = soakOf();
    assert.deepEqual(failed({ ...soak, seen: { ...soak.seen, wrong: new Map([["status 503", 1]]) } }), ["requests"]);
    assert.deepEqual(failed({ ...soak, account: { ...soak.account, recorded: REQUESTS - 1 } }), ["account"]);
    assert.deepEqual(failed({ ...soak, broken: ["no report"] }), ["collector"]);
    const bad = { ...soak, broken: ["no report"] };
    assert.match(asText(bad, judge(bad)), /^FAILED collector .*\n +no report$/m);
  });

  it("is bad if memory grows, unless it does so without the filter", () => {
    assert.deepEqual(failed(soakOf({ grows: 20 })), ["memory"]);
    assert.deepEqual(failed(soakOf({ grows: 20, plainGrows: 20 })), []);
    assert.deepEqual(
      failed(soakOf({ grows: 4, plainGrows: -20 })),
      [],
      "what the other gives back is not held against it",
    );
  });
});

describe("the picture of a soak", () => {
  it("has every line and every fault, and is small", async () => {
    const svg = (await svgOf(chartOf(soakOf()))) ?? "";
    for (const word of ["with Lightspan", "sent + dropped + buffered", "the collector's ledger", "Spans that wait"])
      assert.ok(svg.includes(word), word);
    assert.equal([...svg.matchAll(/fill-opacity="0\.12"/g)].length, 3, "three faults");
    assert.ok(svg.length < 100_000, `${svg.length} bytes`);
  });
});

describe("the command line of the soak", () => {
  it("defaults to ten minutes", () => {
    const { seconds, perSecond, workers, seed, writeDocs } = readOptions([]);
    assert.deepEqual([seconds, perSecond, workers, seed, writeDocs], [600, 200, 2, 1, false]);
    assert.equal(readOptions(["--minutes", "0.5"]).seconds, 30);
  });

  for (const args of [
    ["--minutes", "soon"],
    ["--minutes", "0"],
    ["--rate", "-1"],
    ["--hours", "1"],
  ])
    it(`says in one line why ${args.join(" ")} is invalid`, () => {
      assert.throws(
        () => readOptions(args),
        (error) => error instanceof UsageError && !error.message.includes("\n"),
      );
    });
});

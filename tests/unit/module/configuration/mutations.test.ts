// The VM survives any bytes as its configuration, and either accepts or refuses them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../../../host/random.ts";
import { configuration, INBOUND, Sidecar } from "../sidecar.ts";

const SEED = 20_221_123;
const MUTATIONS = 100_000;
/** Texts per VM. Each accepted configuration retains a little memory, so a new VM is started after this many. */
const PER_VM = 1_000;

const VALID = configuration({
  collector: {
    authority: "collector.example.com",
    path: "/api/v2/reports",
    headers: { "x-scope-orgid": "42" },
    access_token: 't\u00e9\\"\u{1f600}',
    timeout_ms: 5e3,
    protocol: "otlp",
    transport: "http",
    compression: "deflate",
  },
  service: { name: "reviews.default", version: "v3" },
  propagation: { extract: ["b3", "tracecontext"], inject: ["b3multi"], trace_id_bits: 64, strip: false },
  sampling: { rate: 0.25, max_traces_per_second: 100.5, exclude_paths: ["/healthz", "/metrics"] },
  span: { kind: "auto", max_tag_length: 256 },
  buffer: { max_bytes: 1048576, flush_spans: 200, flush_interval_ms: 1000 },
  retry: { attempts: 3, base_ms: 250, max_ms: 5000 },
});

const PIECES = [
  '"', "\\", "\\u", "\\ud83d", "\\u0000", "{", "}", "[", "]", ",", ":", "-", "0", "1e999", "-0", ".5", "1e-400",
  "9".repeat(40), "null", "true", "false", " ", "\n", "\0", "\xff", "\xf0\x9f", "\xed\xa0\x80", '"a":', "{}", "[[[[[[[[",
  '{"a":'.repeat(40), '"collector":', "/*", "\ufeff",
]; // prettier-ignore

/** `text` (latin1) with one change. */
function mutate(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const size = random.below(random.once(4) ? 40 : 3);
  switch (random.below(6)) {
    case 0:
      return text.slice(0, at) + random.bytes(1) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + text.slice(at + size);
    case 2:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at);
    case 3:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at + size);
    case 4: {
      const from = random.below(text.length + 1);
      return text.slice(0, at) + text.slice(from, from + size) + text.slice(at);
    }
    default:
      return text.slice(0, at);
  }
}

describe("the module survives as its configuration", () => {
  it(`${MUTATIONS} mutations of a valid one (seed ${SEED})`, async () => {
    const random = new Random(SEED);
    const valid = Buffer.from(VALID, "utf8").toString("latin1");
    let accepted = 0;
    let sidecar = await Sidecar.bare();
    for (let i = 0; i < MUTATIONS; i++) {
      if (i % PER_VM === 0) sidecar = await Sidecar.bare();
      let text = valid;
      for (let changes = 1 + random.below(3); changes > 0; changes--) text = mutate(text, random);
      const { host } = sidecar;
      const lines = host.logs.length;
      if (host.configure(INBOUND, Buffer.from(text, "latin1"))) {
        accepted++;
        if (host.isAlive(INBOUND)) host.done(INBOUND);
      } else assert.equal(host.logs.length, lines + 1, text);
    }
    assert.ok(accepted > MUTATIONS / 1000, `${accepted} were accepted`);
    assert.ok(accepted < MUTATIONS / 2, `${accepted} were accepted`);
    sidecar.configure(INBOUND);
    sidecar.request();
    sidecar.tick();
    assert.deepEqual(sidecar.spansPerReport, [1]);
  });

  it(`10000 texts of random bytes (seed ${SEED})`, async () => {
    const random = new Random(SEED);
    const { host } = await Sidecar.bare();
    for (let i = 0; i < 10_000; i++) {
      const text = (random.once(2) ? '{"collector":' : "") + random.bytes(random.below(60));
      assert.equal(host.configure(INBOUND, Buffer.from(text, "latin1")), false);
    }
  });

  it("a megabyte of it", async () => {
    const { host } = await Sidecar.bare();
    for (const piece of ["[", "{", '"', "\\", "9", " ", "\xff"]) {
      assert.equal(host.configure(INBOUND, Buffer.from(piece.repeat(1 << 20), "latin1")), false);
    }
  });
});

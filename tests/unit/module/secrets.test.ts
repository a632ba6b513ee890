// The access token and the values of headers are nobody's to read in a log.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { configuration, INBOUND, Sidecar, type Changes } from "./sidecar.ts";

const SECRET = "s3cr3t";

/** The values, and a mistake beside them or in them. */
const COLLECTORS: [what: string, collector: Record<string, unknown>][] = [
  [
    "stand right, and another key is wrong",
    { access_token: SECRET, headers: { authorization: SECRET }, timeout_ms: -1 },
  ],
  ["stand right, and another key is unknown", { access_token: SECRET, headers: { authorization: SECRET }, x: SECRET }],
  ["are in a token of another type", { access_token: [SECRET] }],
  ["are in a token with control characters", { access_token: `${SECRET}\n` }],
  ["are in a header of another type", { headers: { authorization: { Bearer: SECRET } } }],
  ["are in a header with control characters", { headers: { authorization: `${SECRET}\r\n` } }],
  ["are in a header whose name is none", { headers: { Authorization: SECRET } }],
];

function shown(sidecar: Sidecar): string {
  return sidecar.host.logs.map((line) => line.text).join("\n");
}

describe("the token and header values are not in the log when they", () => {
  for (const [what, collector] of COLLECTORS) {
    it(what, async () => {
      const sidecar = await Sidecar.bare();
      assert.equal(sidecar.host.configure(INBOUND, configuration({ collector })), false);
      assert.ok(!shown(sidecar).includes(SECRET), shown(sidecar));
    });
  }

  it("stand in a text that breaks off", async () => {
    const sidecar = await Sidecar.bare();
    const text = configuration({ collector: { headers: { authorization: SECRET }, access_token: SECRET } });
    for (let size = 0; size < text.length; size++) {
      assert.equal(sidecar.host.configure(INBOUND, text.slice(0, size)), false);
    }
    assert.ok(!shown(sidecar).includes(SECRET));
  });

  // assembly/config/section.ts entries(): show(found) prints a string that stands where the object should.
  it("stand where the object of headers should", async () => {
    const sidecar = await Sidecar.bare();
    const headers = `authorization: ${SECRET}`;
    assert.equal(sidecar.host.configure(INBOUND, configuration({ collector: { headers } })), false);
    assert.ok(!shown(sidecar).includes(SECRET), shown(sidecar));
  });
});

describe("the token and header values are not in the log when reports", () => {
  const changes: Changes = {
    collector: { access_token: SECRET, headers: { authorization: SECRET } },
    buffer: { flush_spans: 1 },
  };

  it("are refused, get lost and are taken again", async () => {
    const sidecar = await Sidecar.start(changes);
    for (const answer of [{ status: 401 }, "reset", { status: 503 }, { status: 200 }] as const) {
      sidecar.request();
      sidecar.answer(answer);
      sidecar.host.now += 60_000;
    }
    assert.ok(shown(sidecar).includes("status 401"));
    assert.ok(!shown(sidecar).includes(SECRET));
  });

  it("find no cluster", async () => {
    const sidecar = await Sidecar.start(changes, { clusters: [] });
    sidecar.request();
    assert.equal(sidecar.lines("warn").length, 1);
    assert.ok(!shown(sidecar).includes(SECRET));
  });
});

describe("a report", () => {
  it("carries the token and the headers", async () => {
    const sidecar = await Sidecar.start({ collector: { access_token: SECRET, headers: { "x-scope-orgid": "42" } } });
    sidecar.request();
    sidecar.tick();
    assert.ok(sidecar.reports[0]?.hasAccessToken);
    const headers = new Map(sidecar.host.calls[0]?.headers);
    assert.equal(headers.get("lightstep-access-token"), SECRET);
    assert.equal(headers.get("x-scope-orgid"), "42");
  });

  it("has no token that is no UTF-8: receivers would refuse every report", async () => {
    await assert.rejects(
      Sidecar.start({ collector: { access_token: "\ud800" } }),
      /collector\.access_token: holds control characters or half a surrogate pair/,
    );
  });
});

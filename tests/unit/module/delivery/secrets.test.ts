// No log shows the access token or the values of headers.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Answer } from "../../../host/options.ts";
import { field } from "../protobuf.ts";
import { framed } from "../reading.ts";
import { configuration, INBOUND, Sidecar, type Changes } from "../sidecar.ts";

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

  it("are in a truncated text", async () => {
    const sidecar = await Sidecar.bare();
    const text = configuration({ collector: { headers: { authorization: SECRET }, access_token: SECRET } });
    for (let size = 0; size < text.length; size++) {
      assert.equal(sidecar.host.configure(INBOUND, text.slice(0, size)), false);
    }
    assert.ok(!shown(sidecar).includes(SECRET));
  });

  // assembly/config/section.ts entries(): show(found) prints a string found instead of the object.
  it("are in place of the headers object", async () => {
    const sidecar = await Sidecar.bare();
    const headers = `authorization: ${SECRET}`;
    assert.equal(sidecar.host.configure(INBOUND, configuration({ collector: { headers } })), false);
    assert.ok(!shown(sidecar).includes(SECRET), shown(sidecar));
  });
});

describe("a token is not in the log when", () => {
  const collector = { access_token: SECRET, cluster: "lightstep" };
  const texts: Record<string, unknown> = {
    "the whole configuration is text once more": JSON.stringify({ collector }),
    "its section is text": { collector: JSON.stringify(collector) },
  };
  for (const [what, value] of Object.entries(texts)) {
    it(what, async () => {
      const sidecar = await Sidecar.bare();
      assert.equal(sidecar.host.configure(INBOUND, JSON.stringify(value)), false);
      assert.match(shown(sidecar), /: found a string; allowed: an object$/);
      assert.ok(!shown(sidecar).includes(SECRET), shown(sidecar));
    });
  }
});

describe("the token and header values are not in the log when reports", () => {
  const changes: Changes = {
    collector: { access_token: SECRET, headers: { authorization: SECRET } },
    buffer: { flush_spans: 1 },
  };

  it("are refused, get lost and are accepted again", async () => {
    const sidecar = await Sidecar.start(changes);
    for (const answer of [{ status: 401 }, "reset", { status: 503 }, { status: 200 }] as const) {
      sidecar.request();
      if (sidecar.host.inFlight.length === 0) sidecar.untilNextCall();
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

describe("what a collector says is not in the log when it repeats", () => {
  const TOKEN = "t0k3n";
  const HIDDEN = "its text repeats the access token or a header, and is not shown";
  const secrets: Record<string, Record<string, unknown>> = {
    "the token": { access_token: SECRET },
    "the token of a variable": { access_token_env: "TOKEN" },
    "a header": { headers: { authorization: `Bearer ${SECRET}-${TOKEN}` } },
    "the credentials in a header": { headers: { authorization: `Bearer ${SECRET}-${TOKEN}` } },
  };
  const words: Record<string, string> = {
    "the token": `the token ${SECRET} is not known`,
    "the token of a variable": `${TOKEN}`,
    "a header": `"Bearer ${SECRET}-${TOKEN}": no`,
    "the credentials in a header": `token ${SECRET}-${TOKEN} has run out`,
  };

  for (const [what, collector] of Object.entries(secrets)) {
    const said = words[what] ?? "";
    const kinds: Record<string, [Record<string, string>, Answer]> = {
      "in Lightstep's errors": [{}, { status: 200, body: field(4, said) }],
      "far behind in Lightstep's errors": [{}, { status: 200, body: field(4, "x".repeat(195) + said) }],
      "in gRPC's message": [
        { transport: "grpc" },
        {
          status: 200,
          trailers: [
            ["grpc-status", "16"],
            ["grpc-message", said],
          ],
        },
      ],
      "in OTLP's partial success": [
        { protocol: "otlp", transport: "grpc" },
        {
          status: 200,
          body: framed(field(1, Buffer.concat([field(1, 1), field(2, said)]))),
          trailers: [["grpc-status", "0"]],
        },
      ],
    };
    for (const [where, [format, answer]] of Object.entries(kinds)) {
      it(`${what}, ${where}`, async () => {
        const sidecar = await Sidecar.start(
          { collector: { ...collector, ...format }, buffer: { flush_spans: 1 } },
          { environment: { TOKEN } },
        );
        sidecar.request();
        sidecar.answer(answer);
        assert.equal(sidecar.lines("warn").length, 1);
        assert.ok(shown(sidecar).includes(HIDDEN), shown(sidecar));
        assert.ok(!shown(sidecar).includes(TOKEN) && !shown(sidecar).includes(SECRET), shown(sidecar));
        for (const [name] of sidecar.host.metrics) assert.ok(!name.includes(TOKEN) && !name.includes(SECRET));
      });
    }
  }

  it("but is shown if it repeats a short value, such as a tenant's number", async () => {
    const sidecar = await Sidecar.start({ collector: { headers: { "x-scope-orgid": "1234567" } } });
    sidecar.request();
    sidecar.tick();
    sidecar.answer({ status: 200, body: field(4, "tenant 1234567 is over its limit") });
    assert.ok(shown(sidecar).includes("(tenant 1234567 is over its limit)"), shown(sidecar));
  });
});

describe("collector.access_token_env", () => {
  const start = (TOKEN: string, format: object = {}) =>
    Sidecar.start(
      { collector: { access_token_env: "TOKEN", ...format } },
      { environment: { A: "x", TOKEN, TOKENS: "y" } },
    );

  it("has the token of the variable in header and report, as access_token would", async () => {
    const sidecar = await start(SECRET);
    sidecar.request();
    sidecar.tick();
    assert.equal(new Map(sidecar.host.calls[0]?.headers).get("lightstep-access-token"), SECRET);
    assert.ok(sidecar.reports[0]?.hasAccessToken);
  });

  it("has it in the header for every format", async () => {
    for (const format of [{ transport: "grpc" }, { protocol: "otlp" }, { protocol: "zipkin" }]) {
      const sidecar = await start(SECRET, format);
      sidecar.request();
      sidecar.tick();
      assert.equal(new Map(sidecar.host.calls[0]?.headers).get("lightstep-access-token"), SECRET);
      assert.deepEqual(sidecar.host.logs, []);
    }
  });

  it("is refused, without revealing the value, if that cannot be a header", async () => {
    for (const value of [`${SECRET}\n`, `\u0001${SECRET}`, `${SECRET}\u007f`]) {
      await assert.rejects(start(value), (error: Error) => {
        assert.match(error.message, /collector\.access_token_env: TOKEN holds control characters; allowed: /);
        return !error.message.includes(SECRET);
      });
    }
  });

  it("is refused if the variable is empty, or only the beginning of another", async () => {
    await assert.rejects(start(""), /collector\.access_token_env: TOKEN is not set or empty; allowed: /);
    const { host } = await Sidecar.bare({ environment: { TOKENS: SECRET } });
    assert.equal(host.configure(INBOUND, configuration({ collector: { access_token_env: "TOKEN" } })), false);
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

  it("has no token that is not UTF-8: receivers would refuse every report", async () => {
    await assert.rejects(
      Sidecar.start({ collector: { access_token: "\ud800" } }),
      /collector\.access_token: holds control characters or half a surrogate pair/,
    );
  });
});

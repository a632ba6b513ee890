// Lightspan in a chain of real filters: a request takes the same route as without it, gets the same answer, and is
// denied in the same cases. Also the effects of the place in the chain, row for row as in docs/place.md.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startSatellite, type Satellite } from "../../../satellite/server.ts";
import type { Span } from "../../../satellite/store/traces.ts";
import { during, startSink, type Listening } from "../ground.ts";
import { eventually } from "../../wait.ts";
import { startHttp3Client } from "../http3/http3.ts";
import { ask, type Answer, type Protocol, type Question } from "./client.ts";
import { chains, refusing, renaming, tokenOf } from "./filters.ts";
import { startScene, type Chain, type Place, type Scene, type Via } from "./scene.ts";

const places = ["first", "last"] as const;
const vias = ["headers", "filter_state"] as const;
const protocols: Protocol[] = ["HTTP/1.1", "HTTP/2"];

const TRACE = "80f198ee56343ba864fe8b2a57d3eff7";
const SPAN = "e457b5a2e4d86bd1";

/** The trace headers that a caller may send. */
const traced: Record<string, Record<string, string>> = {
  nothing: {},
  unsampled: { b3: "0" },
  sampled: { "x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "1" },
  "a malformed b3": { b3: "junk" },
  "a stale flag": { "x-b3-flags": "0" },
  "a malformed tracestate": { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: "no list" },
};

const questions: Record<string, Question> = {
  plain: {},
  "claims a role": { headers: { "x-claim": "admin" } },
  "has a role in its token": { headers: { authorization: `Bearer ${tokenOf("admin")}` } },
  "has a broken token": { headers: { authorization: "Bearer x.y.z" } },
  "is refused by the authorization": { path: "/refused" },
  "is a preflight": {
    method: "OPTIONS",
    headers: { origin: "https://shop.example", "access-control-request-method": "GET" },
  },
  "is aborted by a fault": { headers: { "x-envoy-fault-abort-request": "418" } },
};

/** Where writing headers directly makes Envoy choose another route, after other filters have changed the request. */
const MOVED: Record<(typeof places)[number], string[]> = {
  // The filter changes headers, and no filter between Lightspan and it has asked for the route.
  first: ["header_mutation", "header_mutation, rbac"],
  // Any filter before it changes headers and keeps the route.
  last: [
    "header_mutation",
    "rbac, header_mutation",
    "header_mutation, rbac",
    "rbac, lua that leaves the route",
    "rbac, ext_authz",
    "ext_authz, rbac",
    "rbac, jwt_authn",
    "jwt_authn, rbac",
    "all of them",
  ],
};

/** Each chain without Lightspan, and with it in each place, writing and stripping. */
function variantsOf(name: string): Chain[] {
  const filters = chains[name] ?? [];
  const settings = {
    writing: { propagation: { inject: ["b3", "b3multi", "tracecontext"] } },
    stripping: { propagation: { strip: true } },
  };
  const with_ = places.flatMap((place) =>
    vias.flatMap((via) =>
      Object.entries(settings).map(([what, each]) => {
        return { name: `${name} | ${place}, ${via}, ${what}`, filters, place, via, settings: each };
      }),
    ),
  );
  return [{ name: `${name} | none`, filters, place: "none" }, ...with_];
}

const outcomeOf = ({ status, cluster }: Answer): string => `${status} by ${cluster ?? "Envoy"}`;

let satellite: Satellite;
let sink: Listening;
before(async () => {
  satellite = await startSatellite({ maxTraces: 10_000 });
  sink = await startSink();
});
after(async () => {
  await Promise.all([satellite?.close(), sink?.close()]);
});

async function inScene(all: Chain[], body: (scene: Scene) => Promise<void>, collector = satellite.port): Promise<void> {
  const scene = await startScene(all, collector);
  try {
    await during([scene.envoy], () => body(scene));
  } finally {
    await scene.close();
  }
}

describe("a request through a chain with Lightspan", () => {
  for (const name of Object.keys(chains)) {
    test(`takes the same route and gets the same answer as without it: ${name}`, async () => {
      const all = variantsOf(name);
      const wrong: string[] = [];
      const moved = new Set<Place>();
      await inScene(
        all,
        async ({ envoy }) => {
          const ports = await Promise.all(all.map((chain) => envoy.listenerPort(chain.name)));
          for (const protocol of protocols) {
            for (const [what, question] of Object.entries(questions)) {
              for (const [brought, more] of Object.entries(traced)) {
                const headers = { ...question.headers, ...more };
                const answers = await Promise.all(ports.map((port) => ask(protocol, port, { ...question, headers })));
                const [expected = "", ...outcomes] = answers.map(outcomeOf);
                for (const [index, outcome] of outcomes.entries()) {
                  const { name: variant = "", place = "none", via } = all[index + 1] ?? {};
                  if (outcome === expected) continue;
                  if (via === "headers" && place !== "none") moved.add(place);
                  else wrong.push(`${variant}, ${protocol}, ${what}, brings ${brought}: ${outcome}, not ${expected}`);
                }
              }
            }
          }
        },
        sink.port,
      );
      assert.deepEqual(wrong, [], "Envoy writes the headers");
      const documented = places.filter((place) => MOVED[place].includes(name));
      assert.deepEqual([...moved].sort(), documented, "Lightspan writes the headers");
    });
  }

  for (const name of ["header_mutation, rbac", "all of them"]) {
    test(`takes the same route as without it over HTTP/3: ${name}`, async () => {
      const all = variantsOf(name).filter(({ place, via }) => place === "none" || via === "filter_state");
      const scene = await startScene(
        all.map((chain, index) => ({ ...chain, name: `chain-${index}`, http3: true })),
        sink.port,
      );
      try {
        await during([scene.envoy], async () => {
          const names = all.map((_, index) => `chain-${index}`);
          const udp = names.map(async (each) => [each, await scene.envoy.listenerPort(each)] as const);
          const client = await startHttp3Client({ to: Object.fromEntries(await Promise.all(udp)) });
          await during([client.envoy], async () => {
            for (const [what, question] of Object.entries(questions)) {
              for (const [brought, more] of Object.entries(traced)) {
                const asked = { ...question, headers: { ...question.headers, ...more } };
                const answers = await Promise.all(names.map((each) => ask("HTTP/2", client.port(each), asked)));
                const [expected, ...outcomes] = answers.map(outcomeOf);
                for (const [index, outcome] of outcomes.entries())
                  assert.equal(outcome, expected, `${all[index + 1]?.name}, ${what}, brings ${brought}`);
              }
            }
          });
        });
      } finally {
        await scene.close();
      }
    });
  }

  test("meets the same rate limit as without it", async () => {
    const all = variantsOf("cors, fault, local_ratelimit, compressor");
    await inScene(all, async ({ envoy }) => {
      for (const { name } of all) {
        const port = await envoy.listenerPort(name);
        const statuses = [];
        for (let i = 0; i < 2; i++) statuses.push((await ask("HTTP/1.1", port, { path: "/limited" })).status);
        assert.deepEqual(statuses, [200, 429], name);
      }
    });
  });
});

describe("the per-route RBAC of a route that a later filter's header selects", () => {
  const question = { headers: { "x-claim": "admin" } };
  // Without Lightspan that route is not taken, so its RBAC does not apply.
  const cases: [string, Place, Via, string][] = [
    ["rbac, header_mutation", "none", "headers", "200 by rest"],
    ["rbac, header_mutation", "first", "headers", "200 by rest"],
    ["rbac, header_mutation", "last", "headers", "200 by admin"],
    ["rbac, header_mutation", "first", "filter_state", "200 by rest"],
    ["rbac, header_mutation", "last", "filter_state", "200 by rest"],
    ["header_mutation, rbac", "none", "headers", "200 by rest"],
    ["header_mutation, rbac", "first", "headers", "403 by Envoy"],
    ["header_mutation, rbac", "last", "headers", "200 by admin"],
    ["header_mutation, rbac", "first", "filter_state", "200 by rest"],
    ["header_mutation, rbac", "last", "filter_state", "200 by rest"],
  ];
  for (const [name, place, via, expected] of cases) {
    test(`[${name}], Lightspan ${place}, ${via}: ${expected}`, async () => {
      const chain: Chain = { name: "chain", filters: chains[name] ?? [], place, via };
      await inScene([chain], async ({ envoy }) => {
        assert.equal(outcomeOf(await ask("HTTP/1.1", await envoy.listenerPort("chain"), question)), expected);
      });
    });
  }
});

describe("the filters that write the headers", () => {
  test("leave every header alone if Lightspan sets nothing, as after a failure", async () => {
    const failed: Chain = { name: "failed", filters: [], place: "failed" };
    await inScene([failed], async ({ envoy }) => {
      for (const [brought, headers] of Object.entries(traced)) {
        const { arrived } = await ask("HTTP/1.1", await envoy.listenerPort("failed"), { headers });
        const found = [...arrived].filter(([name]) => /^(b3|x-b3-.*|trace.*)$/.test(name));
        assert.deepEqual(Object.fromEntries(found), headers, brought);
      }
    });
  });
});

// Here each test is a row of the table in docs/place.md.
describe("the place in the chain", () => {
  /** A request through `filters` with Lightspan in that place: the answer, its span and its log line. */
  async function through(
    place: Place,
    filters: Chain["filters"],
    question: Question,
    settings: Chain["settings"] = {},
  ) {
    const name = `${place}-${Math.random().toString(36).slice(2)}`;
    let found: { answer: Answer; span: Span | undefined; logged: string; unsampled: number } | undefined;
    await inScene([{ name: "chain", filters, place, settings }], async ({ envoy }) => {
      const headers = { ...question.headers, "x-name": name, "user-agent": name };
      const answer = await ask("HTTP/1.1", await envoy.listenerPort("chain"), { ...question, headers });
      const counted = await eventually("the request is counted", async () => {
        const counts = await envoy.stats("wasmcustom.lightspan.");
        const unsampled = counts.get("wasmcustom.lightspan.spans_unsampled") ?? 0;
        const sent = counts.get("wasmcustom.lightspan.spans_sent") ?? 0;
        return unsampled + sent === 1 ? { unsampled } : undefined;
      });
      const logged = await eventually("the access log", () => new RegExp(`LOGGED ${name} .*`).exec(envoy.log())?.[0]);
      const spans = satellite.store.list().flatMap((trace) => trace.spans);
      found = { ...counted, answer, span: spans.find(({ tags }) => tags.user_agent === name), logged };
    });
    assert.ok(found);
    return found;
  }

  const authorizing = chains["ext_authz, rbac"] ?? [];

  test("routing: first keeps the route, unless a later filter changes headers and none in between asks for it", () => {
    assert.deepEqual(MOVED.first, ["header_mutation", "header_mutation, rbac"]);
    assert.ok(MOVED.last.length > MOVED.first.length);
  });

  test("access logs of another filter's answer have the ids if Lightspan is first", async () => {
    const question = { path: "/refused" };
    const first = await through("first", authorizing, question);
    assert.match(first.logged, / 403 \[[0-9a-f]{32}\]$/);
    assert.ok(first.span && first.logged.includes(first.span.traceId));
    const last = await through("last", authorizing, question);
    assert.match(last.logged, / 403 \[-\]$/);
    assert.equal(last.span?.tags["http.status_code"], "403");
  });

  test("an authorization service gets the trace if Lightspan is first", async () => {
    const first = await through("first", authorizing, {});
    assert.equal(first.answer.arrived.get("x-seen"), first.answer.arrived.get("x-b3-traceid"));
    const last = await through("last", authorizing, {});
    assert.equal(last.answer.arrived.get("x-seen"), "nothing");
    assert.ok(last.answer.arrived.has("x-b3-traceid"));
  });

  for (const place of places) {
    test(`a tag has a header that another filter sets: ${place}`, async () => {
      const settings = { tags: { request_headers: { role: "x-role" } } };
      const { span } = await through(place, authorizing, { headers: { "x-claim": "guest" } }, settings);
      assert.equal(span?.tags.role, "guest");
    });

    test(`a preflight answered by CORS has a span, and logged ids if Lightspan is first: ${place}`, async () => {
      const cors = chains["cors, fault, local_ratelimit, compressor"] ?? [];
      const { span, logged } = await through(place, cors, questions["is a preflight"] ?? {});
      assert.equal(span?.tags["http.method"], "OPTIONS");
      assert.match(logged, place === "first" ? / 200 \[[0-9a-f]{32}\]$/ : / 200 \[-\]$/);
    });
  }

  test("sampling.exclude_paths sees the client's path if Lightspan is first, else the changed path", async () => {
    const settings = { sampling: { exclude_paths: ["/new"] } };
    const first = await through("first", renaming, { path: "/old" }, settings);
    assert.deepEqual([first.unsampled, first.span === undefined], [0, false]);
    const last = await through("last", renaming, { path: "/old" }, settings);
    assert.deepEqual([last.unsampled, last.span], [1, undefined]);
  });

  test("trace headers set by another filter are read if Lightspan is last, else they replace its own", async () => {
    const first = await through("first", refusing, {});
    assert.equal(first.answer.arrived.get("x-b3-sampled"), "0");
    assert.ok(first.span);
    const last = await through("last", refusing, {});
    assert.equal(last.answer.arrived.get("x-b3-sampled"), "0");
    assert.deepEqual([last.unsampled, last.span], [1, undefined]);
  });
});

// A VM without some capabilities (Envoy's capability_restriction_config): what it refuses, and what still works.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HostOptions } from "../../../host/options.ts";
import type { Attributes } from "../../../host/properties.ts";
import { ended, FRESH, OK } from "../requests.ts";
import { configuration, INBOUND, lightspan, NODE, Sidecar, type Changes } from "../sidecar.ts";

/** The span ids of some requests, each of which starts a trace, in a VM without random_get. */
async function idsOf(connection: Attributes, options: HostOptions = {}): Promise<(string | undefined)[]> {
  const { host } = await Sidecar.start({}, { denied: ["random_get"], ...options });
  return Array.from({ length: 20 }, () => {
    const stream = host.openStream(INBOUND, connection);
    const sentOn = new Map(host.requestHeaders(stream, FRESH));
    return sentOn.get("x-b3-spanid");
  });
}

describe("ids without random_get", () => {
  const connection = { connection: { id: 5 }, source: { address: "10.0.0.7:50312" } };
  const other = { xds: { node: { ...NODE.xds.node, id: "sidecar~172.17.0.18~reviews" } } };
  for (const [what, more, options] of [
    ["number of the first connection", { connection: { id: 6 } }, {}],
    ["address of the first client", { source: { address: "10.0.0.7:50313" } }, {}],
    ["microsecond in which it started", {}, { now: 1_700_000_000_000.001 }],
    ["node", {}, { node: other }],
    ["random bits, which are there", {}, { denied: [] }],
  ] as [string, Attributes, HostOptions][]) {
    it(`differ between VMs that differ in the ${what}`, async () => {
      const ids = [...(await idsOf(connection)), ...(await idsOf({ ...connection, ...more }, options))];
      assert.equal(new Set(ids).size, 40, ids.join(" "));
    });
  }
});

/** The host functions that every configuration needs. */
const NEEDED = [
  "proxy_define_metric",
  "proxy_done",
  "proxy_get_buffer_bytes",
  "proxy_get_current_time_nanoseconds",
  "proxy_get_header_map_pairs",
  "proxy_get_header_map_value",
  "proxy_get_property",
  "proxy_http_call",
  "proxy_increment_metric",
  "proxy_log",
  "proxy_remove_header_map_value",
  "proxy_replace_header_map_value",
  "proxy_set_effective_context",
  "proxy_set_tick_period_milliseconds",
];
const NO_IDS = { log: { trace_id: false } };

/** Configures a VM. Returns whether it accepted the configuration, its log, and the sidecar. */
async function configured(denied: string[], changes: Changes): Promise<[boolean, string[], Sidecar]> {
  const sidecar = await Sidecar.bare({ denied, environment: { TOKEN: "secret-token" } });
  const accepted = sidecar.host.configure(INBOUND, configuration(changes));
  return [accepted, sidecar.host.logs.map(({ level, text }) => `${level}: ${text}`), sidecar];
}

const refusal = (names: string): string =>
  `error: configuration refused: capability_restriction_config denies ${names}: add to its allowed_capabilities`;

describe("a denied host function", () => {
  for (const name of NEEDED) {
    it(`causes this and every later configuration to be refused: ${name}`, async () => {
      const [accepted, lines, { host }] = await configured([name], NO_IDS);
      assert.equal(accepted, false);
      if (name !== "proxy_log") assert.deepEqual(lines, [refusal(name)]);
      assert.equal(host.configure(2, configuration(NO_IDS)), false);
      assert.equal(host.hostCalls[name], name === "proxy_log" ? 3 : 1, "Envoy writes a line for each");
    });
  }

  it("is named together with all other denied ones", async () => {
    const [, lines] = await configured(["proxy_http_call", "proxy_done"], NO_IDS);
    assert.deepEqual(lines, [refusal("proxy_http_call, proxy_done")]);
  });

  for (const [name, changes, words] of [
    [
      "proxy_set_property",
      { log: { trace_id: true } },
      "proxy_set_property (or no log.trace_id, no propagation.via of filter_state)",
    ],
    ...["environ_get", "environ_sizes_get"].flatMap((name) =>
      [{ collector: { access_token_env: "TOKEN" } }, { tags: { environment: { e: "TOKEN" } } }].map(
        (changes) =>
          [
            name,
            { ...NO_IDS, ...changes },
            "environ_sizes_get, environ_get (or no access_token_env, no tags.environment)",
          ] as const,
      ),
    ),
  ] as [string, Changes, string][]) {
    it(`causes only configurations that need it to be refused: ${name}, for ${JSON.stringify(changes)}`, async () => {
      const [accepted, lines, { host }] = await configured([name], changes);
      assert.deepEqual([accepted, lines], [false, [refusal(words)]]);
      assert.ok(host.configure(INBOUND, configuration(NO_IDS)), host.logs.at(-1)?.text);
    });
  }

  for (const [names, cost] of [
    [["random_get"], "random_get: ids come from the clock, the node and the first connection"],
    [
      ["proxy_call_foreign_function"],
      "proxy_call_foreign_function: a span costs ten host calls more, and no report is compressed",
    ],
    [
      ["proxy_get_shared_data", "proxy_set_shared_data"],
      "proxy_get_shared_data, proxy_set_shared_data: spans of a VM that fails stay in the gauges",
    ],
  ] as const) {
    for (const name of names) {
      it(`costs what one log line says, and is not called again: ${name}`, async () => {
        const changes = { collector: { compression: "deflate" } };
        const [accepted, lines, sidecar] = await configured([name], changes);
        assert.deepEqual([accepted, lines], [true, [`warn: capability_restriction_config denies ${cost}`]]);
        sidecar.request();
        sidecar.tick();
        sidecar.answer();
        sidecar.host.forgetHostCalls();
        for (let i = 0; i < 3; i++) {
          sidecar.request();
          sidecar.tick();
          sidecar.answer();
        }
        assert.equal(sidecar.host.hostCalls[name], undefined);
        assert.equal(sidecar.host.logs.length, 1);
        assert.deepEqual(sidecar.account, { recorded: 4, sent: 4, dropped: 0, buffered: 0 });
      });
    }
  }

  it("is detected without side effects", async () => {
    const [, lines, { host }] = await configured([], NO_IDS);
    assert.deepEqual([lines, host.calls, host.tickPeriod(INBOUND), host.isAlive(INBOUND)], [[], [], 0, true]);
    assert.ok([...host.metrics].every(([name, value]) => name.startsWith("lightspan.") && value === 0));
  });

  it("is one of the module's imports, which are all either needed or optional", async () => {
    const imports = WebAssembly.Module.imports(await WebAssembly.compile(new Uint8Array(lightspan)));
    const optional = [
      ...["environ_get", "environ_sizes_get", "proxy_call_foreign_function", "proxy_get_shared_data"],
      ...["proxy_set_property", "proxy_set_shared_data", "random_get"],
    ];
    assert.deepEqual(imports.map(({ name }) => name).sort(), [...NEEDED, ...optional].sort());
  });
});

describe("a denied callback", () => {
  const denying = (name: string, changes: Changes = {}) => Sidecar.start(changes, { denied: [name] });
  const lines = (sidecar: Sidecar): string[] => sidecar.lines("warn").map((line) => line.split(":")[0] ?? "");

  for (const name of ["proxy_on_configure", "proxy_on_context_create"]) {
    it(`is reported once, at the first request: ${name}`, async () => {
      const sidecar = await Sidecar.bare({ denied: [name] });
      assert.ok(sidecar.host.configure(INBOUND, configuration()));
      for (let i = 0; i < 20; i++) sidecar.host.requestHeaders(sidecar.host.openStream(INBOUND), FRESH);
      assert.deepEqual(lines(sidecar), [`${name} never came`]);
    });
  }

  it("is reported after ten streams have reached an upstream: proxy_on_request_headers", async () => {
    const sidecar = await denying("proxy_on_request_headers");
    const properties = ended({ upstream: { address: "10.0.0.9:9080" } });
    sidecar.requests(20, { properties });
    assert.deepEqual(lines(sidecar), ["proxy_on_request_headers never came for requests that went on"]);
  });

  it("is reported at the tick: proxy_on_done", async () => {
    const sidecar = await denying("proxy_on_done");
    sidecar.requests(20);
    sidecar.tick();
    sidecar.tick();
    assert.deepEqual(lines(sidecar), ["proxy_on_done never came"]);
  });

  it("has its work done when spans end: proxy_on_tick", async () => {
    const sidecar = await denying("proxy_on_tick");
    for (let i = 0; i < 30; i++) {
      const startNanos = BigInt(sidecar.host.now) * 1_000_000n;
      sidecar.request({ properties: ended({ request: { time: startNanos, duration: 1_000_000n } }) });
      if (sidecar.host.inFlight.length > 0) sidecar.answer();
      sidecar.host.now += 1000;
    }
    assert.deepEqual(lines(sidecar), ["proxy_on_tick never came"]);
    const { sent, buffered } = sidecar.account;
    assert.ok(sent > 15 && sent + buffered <= 30, JSON.stringify(sidecar.account));
  });

  it("is not reported if all callbacks come", async () => {
    const sidecar = await Sidecar.start();
    for (let i = 0; i < 30; i++) {
      sidecar.request({ properties: OK });
      sidecar.pass(1000);
      while (sidecar.host.inFlight.length > 0) sidecar.answer();
    }
    assert.deepEqual(sidecar.lines("warn"), []);
  });
});

// Which configurations share a delivery. The keys come from the schema, so a new key cannot be forgotten. A delivery is
// shared only if all keys of the sections that configure it are equal, and all that a report says about its reporter.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { INBOUND, NODE, OUTBOUND, Sidecar, configuration, type Changes } from "../sidecar.ts";

interface Property {
  type?: string;
  enum?: unknown[];
  default?: unknown;
  minimum?: number;
}

const schema = JSON.parse(
  readFileSync(new URL("../../../../assembly/config/lightspan.schema.json", import.meta.url), "utf8"),
) as { properties: Record<string, { properties: Record<string, Property> }> };

/** All keys of these sections configure a delivery. */
const DELIVERY = ["collector", "buffer", "retry"];
/** Some of their values are in every report, as the reporter. */
const REPORTER = ["service", "tags"];
/** These do not affect the delivery. */
const OTHERS = ["propagation", "sampling", "span", "log"];

const ENVIRONMENT = { TOKEN: "t", OTHER: "u" };
/** Values other than the default, for keys without choices or a minimum. */
const VALUES: Record<string, unknown> = {
  "collector.cluster": "another",
  "collector.authority": "example.com",
  "collector.path": "/reports",
  "collector.headers": { a: "b" },
  "collector.access_token": "t",
  "collector.access_token_env": "TOKEN",
};

function anotherValue(section: string, key: string, property: Property): unknown {
  const choice = property.enum?.find((value) => value !== property.default);
  const value = VALUES[`${section}.${key}`] ?? choice ?? property.minimum;
  assert.ok(value !== undefined && value !== property.default, `give ${section}.${key} another value than its default`);
  return value;
}

const changeOf = (section: string, key: string) => {
  const property = schema.properties[section]?.properties[key] ?? {};
  return { [section]: { [key]: anotherValue(section, key, property) } };
};

/** The number of reports that result from one span in each of two root contexts. */
async function reportsOf(one: Changes | string, other: Changes | string, options = {}): Promise<number> {
  const sidecar = await Sidecar.bare({ environment: ENVIRONMENT, node: NODE, ...options });
  sidecar.collectors = 2;
  for (const [root, changes] of [
    [INBOUND, one],
    [OUTBOUND, other],
  ] as const) {
    const text = typeof changes === "string" ? changes : configuration(changes);
    assert.ok(sidecar.host.configure(root, text), sidecar.host.logs.at(-1)?.text);
  }
  for (const root of [INBOUND, OUTBOUND]) sidecar.request({ root });
  for (const root of [INBOUND, OUTBOUND]) sidecar.tick(root);
  return sidecar.host.calls.length;
}

const keysOf = (sections: string[]) =>
  sections.flatMap((section) =>
    Object.keys(schema.properties[section]?.properties ?? {}).map((key) => [section, key] as const),
  );

it("every section of the schema concerns a delivery, a reporter, or neither", () => {
  assert.deepEqual(Object.keys(schema.properties).sort(), [...DELIVERY, ...REPORTER, ...OTHERS].sort());
});

describe("two root contexts have a delivery each if they differ in", () => {
  for (const [section, key] of keysOf(DELIVERY)) {
    it(`${section}.${key}`, async () => assert.equal(await reportsOf({}, changeOf(section, key)), 2));
  }

  /** Properties of the reporter, with two values of each. */
  const differences: Record<string, [Changes, Changes]> = {
    "service.name": [{}, { service: { name: "x" } }],
    "service.version": [{}, { service: { version: "x" } }],
    "tags.literal": [{}, { tags: { literal: { a: "x" } } }],
    "tags.environment": [{}, { tags: { environment: { a: "TOKEN" } } }],
    "tags.properties, of the node": [{}, { tags: { properties: { a: "xds.node.id" } } }],
    "the name of a tag": [{ tags: { literal: { a: "x" } } }, { tags: { literal: { b: "x" } } }],
    "the value of a tag": [{ tags: { literal: { a: "x" } } }, { tags: { literal: { a: "y" } } }],
    "a tag beyond another": [{ tags: { literal: { a: "x" } } }, { tags: { literal: { a: "x", b: "y" } } }],
    "the variable that holds the token": [
      { collector: { access_token_env: "TOKEN" } },
      { collector: { access_token_env: "OTHER" } },
    ],
  };
  for (const [what, [one, other]] of Object.entries(differences)) {
    it(what, async () => assert.equal(await reportsOf(one, other), 2));
  }

  it("all keys of service that the schema has", () => {
    const tried = Object.keys(differences).filter((what) => what.startsWith("service."));
    assert.deepEqual(
      tried.sort(),
      keysOf(["service"])
        .map((key) => key.join("."))
        .sort(),
    );
  });
});

describe("two root contexts share a delivery if", () => {
  for (const [section, key] of keysOf(DELIVERY)) {
    it(`both have the same ${section}.${key}`, async () => {
      assert.equal(await reportsOf(changeOf(section, key), changeOf(section, key)), 1);
    });
  }

  it("both have the same service and tags", async () => {
    const changes = {
      service: { name: "x", version: "y" },
      tags: { literal: { a: "x" }, environment: { b: "TOKEN" } },
    };
    assert.equal(await reportsOf(changes, changes), 1);
  });

  it("they differ only in sections that do not affect the delivery, and in tags that vary between spans", async () => {
    const changes = {
      ...{
        propagation: { strip: true },
        sampling: { rate: 0.5 },
        span: { max_tag_length: 64 },
        log: { trace_id: true },
      },
      tags: { request_headers: { a: "x-a" }, response_headers: { b: "x-b" }, properties: { c: "xds.route_name" } },
    };
    assert.equal(await reportsOf({}, changes), 1);
  });

  it("they differ only in the order of keys and in white space, like two serialisations of one Struct", async () => {
    const one = '{"collector":{"cluster":"lightstep","headers":{"b":"1","a":"2"}},"retry":{"base_ms":9,"attempts":3}}';
    const other =
      '{"retry": {"attempts": 3, "base_ms": 9},\n "collector": {"headers": {"a": "2", "b": "1"}, "cluster": "lightstep"}}';
    assert.equal(await reportsOf(one, other), 1);
  });
});

describe("a value that contains the separator of values", () => {
  const headers = (value: Record<string, string>) => ({ collector: { headers: value } });
  it("is not taken for two", async () => {
    assert.equal(await reportsOf(headers({ a: '1","1 b":"2' }), headers({ a: "1", b: "2" })), 2);
    assert.equal(await reportsOf(headers({ a: '1",1 b"2' }), headers({ a: "1", b: "2" })), 2);
  });
});

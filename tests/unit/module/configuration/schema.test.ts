// The JSON Schema and the module give the same verdict on every configuration.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Ajv } from "ajv";
import { blocks, environment as ofDocuments } from "../../../envoy/documents/documents.ts";
import { Host } from "../../../host/host.ts";
import { INBOUND, lightspan } from "../sidecar.ts";
import { OWN_HEADERS } from "./mistakes.ts";
import { RULES, VALUES } from "./values.ts";

interface Schema {
  properties?: Record<string, Schema>;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  enum?: unknown[];
  not?: Schema;
  propertyNames?: Schema;
  examples?: object[];
  definitions: Record<string, Schema>;
}

type Json = Record<string, unknown>;

const root = new URL("../../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const schema: Schema = JSON.parse(read("assembly/config/lightspan.schema.json"));
const accepts = new Ajv({ strictTypes: true }).compile(schema);
const sections = Object.entries(schema.properties ?? {});
const example = schema.examples?.at(-1) as Record<string, Json> | undefined;
/** A configuration with every key, except those that exclude another key; no value needs one of another key. */
const FULL = JSON.stringify({
  ...example,
  sampling: { ...example?.sampling, tracestate: false },
  collector: {
    ...{ cluster: "x", authority: "x", path: "/x", headers: { a: "b" }, access_token: "t", timeout_ms: 1 },
    ...{ protocol: "otlp", transport: "http", compression: "none" },
  },
  service: { name: "x", version: "x" },
});
/** Keys that exclude another key. */
const INSTEAD_OF: Record<string, string> = { access_token_env: "access_token" };
/** The VM gets a variable for every valid name, because a schema can't know which variables exist. */
const NAMES = VALUES.filter((value) => typeof value === "string" && !/[\0=\ud800-\udfff]/u.test(value) && value !== "");
const environment = { ...ofDocuments, ...Object.fromEntries(NAMES.map((name) => [name, "t"])) };

const load = () => Host.load(lightspan, { environment });

/** Asserts that both give the same verdict on `value`, and returns it. */
async function judge(value: unknown, host?: Host): Promise<boolean> {
  const text = JSON.stringify(value);
  const vm = host ?? (await load());
  const accepted = vm.configure(INBOUND, text);
  const why = accepted ? JSON.stringify(accepts.errors) : vm.logs.at(-1)?.text;
  assert.equal(accepted, accepts(JSON.parse(text)), `${text}\n${why}`);
  return accepted;
}

function bounds({ minimum, maximum }: Schema): number[] {
  if (minimum === undefined || maximum === undefined) return [];
  return [minimum - 1, minimum, minimum + 0.5, minimum + 1, maximum - 1, maximum, maximum + 1];
}

function changed(change: (configuration: Record<string, Json>) => void): unknown {
  const configuration = JSON.parse(FULL);
  change(configuration);
  return configuration;
}

describe("schema and module agree", () => {
  it("on a configuration with every key", async () => assert.ok(await judge(JSON.parse(FULL))));

  for (const value of [{}, [], null, true, 1, "x"]) {
    it(`on ${JSON.stringify(value)}`, async () => assert.equal(await judge(value), false));
  }

  for (const [index, example] of (schema.examples ?? []).entries()) {
    it(`on the schema's example ${index}`, async () => assert.ok(await judge(example)));
  }

  for (const [section, { properties = {} }] of sections) {
    it(`on ${section} missing, unknown, and of any value`, async () => {
      const host = await load();
      await judge(
        changed((configuration) => delete configuration[section]),
        host,
      );
      await judge(
        changed((configuration) => (configuration[`${section}s`] = {})),
        host,
      );
      for (const value of VALUES) {
        await judge(
          changed((configuration) => (configuration[section] = value as Json)),
          host,
        );
      }
    });

    for (const [key, property] of Object.entries(properties)) {
      it(`on ${section}.${key} missing, unknown, and of any value`, async () => {
        const host = await load();
        const set = (name: string, value: unknown) =>
          changed((configuration) => {
            Object.assign(configuration[section] as Json, { [name]: value });
            delete configuration[section]?.[INSTEAD_OF[key] ?? ""];
          });
        await judge(set(key, undefined), host);
        assert.equal(await judge(set(`${key}x`, property.default ?? "x"), host), false);
        if ("default" in property) assert.ok(await judge(set(key, property.default), host));
        let accepted = 0;
        for (const value of [...VALUES, ...bounds(property), ...(property.enum ?? [])]) {
          if (await judge(set(key, value), host)) accepted++;
        }
        assert.ok(accepted > 0);
      });
    }
  }

  it("on sampling rules of every kind", async () => {
    const host = await load();
    let accepted = 0;
    for (const rules of RULES) if (await judge({ collector: { cluster: "x" }, sampling: { rules } }, host)) accepted++;
    assert.ok(accepted > RULES.length / 4 && accepted < RULES.length / 2, `${accepted} of ${RULES.length}`);
  });

  it("on sampling.tracestate with every choice of formats", async () => {
    const host = await load();
    for (const tracestate of [true, false, undefined]) {
      for (const inject of [["tracecontext"], ["b3", "tracecontext", "b3multi"], ["b3"], [], undefined]) {
        for (const propagation of [{ inject }, undefined]) {
          const configuration = { collector: { cluster: "x" }, sampling: { tracestate }, propagation };
          const accepted = await judge(configuration, host);
          if (tracestate !== true || propagation?.inject?.includes("tracecontext")) assert.ok(accepted);
          else if (propagation?.inject !== undefined) assert.ok(!accepted);
        }
      }
    }
  });

  for (const protocol of ["lightstep", "otlp", "zipkin"]) {
    it(`on ${protocol} with every transport, compression and token`, async () => {
      const host = await load();
      let accepted = 0;
      for (const transport of ["http", "grpc", undefined]) {
        for (const compression of ["none", "deflate", undefined]) {
          for (const token of [
            { access_token: "t" },
            { access_token_env: "x" },
            { access_token: "t", access_token_env: "x" },
          ]) {
            const collector = { cluster: "x", protocol, transport, compression, ...token };
            if (await judge({ collector }, host)) accepted++;
          }
        }
      }
      // One of two tokens; grpc not with deflate, and not for Zipkin.
      assert.equal(accepted, protocol === "zipkin" ? 12 : 16);
    });
  }
});

describe("the schema has", () => {
  /** The keys that the module lists as allowed when it refuses an unknown one. */
  async function known(configuration: object): Promise<string[]> {
    const host = await load();
    host.configure(INBOUND, JSON.stringify(configuration));
    return (host.logs[0]?.text.split("is unknown; allowed: ")[1] ?? "").split(", ");
  }

  it("the sections that the module knows", async () => {
    const allowed = await known({ collector: { cluster: "x" }, "?": 1 });
    assert.deepEqual(sections.map(([section]) => section).sort(), allowed.sort());
  });

  for (const [section, { properties = {} }] of sections) {
    it(`the keys of ${section} that the module knows`, async () => {
      const collector = { cluster: "x" };
      const allowed = await known(
        section === "collector" ? { collector: { ...collector, "?": 1 } } : { collector, [section]: { "?": 1 } },
      );
      assert.deepEqual(Object.keys(properties).sort(), allowed.sort());
    });
  }

  it("the headers that cannot be added to a report, and the module refuses each", async () => {
    const names = OWN_HEADERS.split(", ");
    assert.deepEqual(schema.properties?.collector?.properties?.headers?.propertyNames?.not?.enum, names);
    const host = await load();
    for (const name of names) {
      assert.equal(await judge({ collector: { cluster: "x", headers: { [name]: "x" } } }, host), false, name);
    }
  });

  it("the names of Lightspan's own tags", () => {
    const source = read("assembly/span/names.ts");
    const constants = [...source.matchAll(/export const (\w+): Slice = text\("([^"]+)"\)/g)];
    assert.ok(constants.length > 20);
    assert.deepEqual(
      schema.definitions.tagName?.not?.enum,
      constants.map((match) => match[2]),
    );
    const listed = [...source.matchAll(/^ {2}(\w+),$/gm)].map((match) => match[1]);
    assert.deepEqual(
      listed,
      constants.map((match) => match[1]),
    );
  });
});

describe("the documents' configurations are valid:", () => {
  for (const { place, json } of blocks) {
    const value = JSON.parse(json);
    if ("collector" in value) it(place, async () => assert.ok(await judge(value)));
  }
});

// With multipleOf 0.0001 in the schema, validators would divide in binary and refuse 0.07.
describe("only the module sees", () => {
  const only: Record<string, string> = {
    "a number in too fine steps": '{"collector":{"cluster":"x"},"sampling":{"rate":0.00005}}',
    "a sampling rule without a condition that is not the last":
      '{"collector":{"cluster":"x"},"sampling":{"rules":[{"rate":1},{"path_prefix":"/a","rate":1}]}}',
    "a sampling rule's rate in too fine steps": '{"collector":{"cluster":"x"},"sampling":{"rules":[{"rate":0.00005}]}}',
    "a tag that is given in two places":
      '{"collector":{"cluster":"x"},"tags":{"literal":{"a":"x"},"request_headers":{"a":"x"}}}',
    "a key that stands twice": '{"collector":{"cluster":"x","cluster":"x"}}',
    "an environment variable that the VM does not have": '{"collector":{"cluster":"x","access_token_env":"NONE"}}',
  };
  for (const [what, text] of Object.entries(only)) {
    it(what, async () => {
      const host = await load();
      assert.ok(accepts(JSON.parse(text)));
      assert.equal(host.configure(INBOUND, text), false);
    });
  }

  it("more than 32 tags", async () => {
    const tags = (kind: string) => Object.fromEntries(Array.from({ length: 17 }, (_, i) => [kind + i, "x"]));
    const configuration = { collector: { cluster: "x" }, tags: { literal: tags("a"), properties: tags("b") } };
    assert.ok(accepts(configuration));
    assert.equal((await Host.load(lightspan)).configure(INBOUND, JSON.stringify(configuration)), false);
  });
});

// `lightspan check` finds configurations in all kinds of files, and passes the module the same bytes as Envoy.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { check } from "./check.ts";

const manifests = fileURLToPath(new URL("../../../cli/istio/manifests/", import.meta.url));
const manifest = (name: string): string => readFileSync(`${manifests}${name}.yaml`, "utf8");

const plugin = (configuration: string, vm = ""): string => `
name: lightspan
vm_config:
  vm_id: lightspan${vm}
configuration:
${configuration}`;

const WANTED = /^-:\d+: configuration refused: collector\.cluster: is missing; allowed: a string that is not empty\n$/;

describe("lightspan check finds the configuration in", () => {
  for (const name of ["envoyfilter", "wasmplugin", "trafficextension"]) {
    it(`the ${name} that we ship`, () => {
      const { code, out, err } = check("-", manifest(name));
      assert.match(out, /^-:\d+: configuration taken\n$/, err);
      assert.equal(code, 0);
    });

    it(`a ${name} with a mistake, and says where`, () => {
      const { code, err } = check("-", manifest(name).replace(/cluster("?:)/, "clutser$1"));
      assert.match(err, /^-:\d+: configuration refused: collector\.cluster: is missing; allowed: /);
      assert.equal(code, 1);
    });
  }

  it("a StringValue", () =>
    assert.match(check("-", plugin(`  "@type": a/google.protobuf.StringValue\n  value: "{}"`)).err, WANTED));
  it("a BytesValue", () =>
    assert.match(check("-", plugin(`  "@type": a/google.protobuf.BytesValue\n  value: e30=`)).err, WANTED));
  it("each of several documents", () => {
    const { out } = check("-", `${manifest("wasmplugin")}---\n${manifest("envoyfilter")}`);
    assert.equal(out.split("\n").filter((line) => line.endsWith("configuration taken")).length, 2, out);
  });
});

describe("lightspan check gives the module", () => {
  const wanting = '{"collector":{"cluster":"x","access_token_env":"TOKEN"}}';
  const value = `  "@type": a/google.protobuf.StringValue\n  value: '${wanting}'`;
  const unset = /configuration refused: collector\.access_token_env: TOKEN is not set or empty; allowed: /;

  it("variables that an Envoy configuration sets", () => {
    const vm = (variables: string): string => `\n  environment_variables: { ${variables} }`;
    assert.match(check("-", plugin(value)).err, unset);
    assert.equal(check("-", plugin(value, vm("key_values: { TOKEN: t }"))).code, 0);
  });

  it("variables of the host only if an Envoy configuration passes them on", () => {
    const passed = "\n  environment_variables: { host_env_keys: [TOKEN] }";
    assert.match(check("-", plugin(value), { TOKEN: "t" }).err, unset);
    assert.match(check("-", plugin(value, passed)).err, unset);
    assert.equal(check("-", plugin(value, passed), { TOKEN: "t" }).code, 0);
  });

  it("variables that a WasmPlugin sets or passes on", () => {
    const wasmPlugin = (env: string): string =>
      `spec:\n  url: file:///lightspan.wasm\n  vmConfig: { env: [${env}] }\n  pluginConfig: ${wanting}`;
    assert.match(check("-", wasmPlugin("")).err, unset);
    assert.equal(check("-", wasmPlugin("{ name: TOKEN, value: t }")).code, 0);
    assert.match(check("-", wasmPlugin("{ name: TOKEN, valueFrom: HOST }")).err, unset);
    assert.equal(check("-", wasmPlugin("{ name: TOKEN, valueFrom: HOST }"), { TOKEN: "t" }).code, 0);
  });

  it("all variables of the host with a bare configuration", () => {
    assert.match(check("-", wanting).err, unset);
    assert.equal(check("-", wanting, { TOKEN: "t" }).code, 0);
  });
});

describe("lightspan check says what to do about", () => {
  it("a missing file", () => {
    const { code, err } = check("/nowhere.json");
    assert.match(err, /^lightspan check: FILE: found "\/nowhere\.json"; allowed: a file that can be read \(ENOENT/);
    assert.equal(code, 2);
  });

  it("YAML without Lightspan", () => {
    const { code, err } = check(`${manifests}serviceentry.yaml`);
    assert.match(err, /allowed: YAML with a Wasm filter or plugin that has lightspan in its name/);
    assert.equal(code, 2);
  });

  it("a Struct, which Envoy does not turn into JSON", () => {
    const { code, err } = check("-", plugin(`  "@type": a/google.protobuf.Struct\n  value: {}`));
    assert.match(err, /found "a\/google\.protobuf\.Struct"; allowed: google\.protobuf\.StringValue with JSON in it/);
    assert.equal(code, 2);
  });

  it("a Wasm filter other than Lightspan", () => {
    assert.match(check("-", plugin("  value: {}").replaceAll("lightspan", "coraza")).err, /not JSON at byte/);
  });
});

// `lightspan check` warns about chains in which writing headers matters. Warnings don't change its verdict.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Config } from "../../../runner/config/bootstrap.ts";
import { headerFilters, lightspanFilter } from "../../../runner/config/filter.ts";
import { httpListener } from "../../../runner/config/listener.ts";
import { check } from "./check.ts";

const filter = (name: string, more: Config = {}): Config => ({
  name,
  typed_config: { "@type": `type.googleapis.com/envoy.extensions.filters.http.${name}.v3.Any`, ...more },
});
const lightspan = (via?: string): Config =>
  lightspanFilter({ wasm: "lightspan.wasm", config: { collector: { cluster: "x" }, propagation: { via } } });

/** The warnings about a chain. */
function warnings(...filters: Config[]): string[] {
  const place = { address: "127.0.0.1", port: 0, direction: "INBOUND" as const, routeName: "r", virtualHosts: [] };
  const listeners = [httpListener({ name: "in", ...place, filters })];
  const { code, out, err } = check("-", JSON.stringify({ static_resources: { listeners } }, null, 2));
  assert.equal(code, 0, err);
  assert.match(out, /configuration taken\n$/);
  return err.split("\n").flatMap((line) => /^-:\d+: warning: (.*)$/.exec(line)?.[1] ?? []);
}

const NOT_FIRST = "listener in: Lightspan is not the first HTTP filter: rbac comes first (docs/place.md)";
const again = (name: string): string =>
  `listener in: Lightspan has Envoy choose the route again, with headers that ${name} may have set (docs/place.md)`;
const late = (name: string): string =>
  `listener in: ${name} after Lightspan may set headers before Envoy has chosen the route again (docs/place.md)`;
const mutation = filter("header_mutation");
const quietLua = filter("lua", { clear_route_cache: false });

describe("lightspan check warns about", () => {
  it("nothing if Lightspan is first and the next filter asks for the route", () => {
    assert.deepEqual(warnings(lightspan()), []);
    assert.deepEqual(warnings(lightspan(), filter("rbac"), mutation), []);
    assert.deepEqual(warnings(lightspan(), filter("ext_authz")), []);
    assert.deepEqual(warnings(lightspan("headers"), filter("lua")), []);
  });

  it("a filter in front of Lightspan", () => assert.deepEqual(warnings(filter("rbac"), lightspan()), [NOT_FIRST]));

  for (const changer of [mutation, filter("ext_authz"), filter("jwt_authn"), filter("ext_proc"), quietLua]) {
    it(`a filter in front of Lightspan that changes headers: ${String(changer.name)}`, () => {
      assert.deepEqual(warnings(filter("rbac"), changer, lightspan()), [again(String(changer.name))]);
    });
  }

  it("a filter after Lightspan that changes headers, if no filter between them asks for the route", () => {
    assert.deepEqual(warnings(lightspan(), mutation, filter("rbac")), [late("header_mutation")]);
    assert.deepEqual(warnings(lightspan(), quietLua), [late("lua")]);
  });

  it("filter_state that no filter writes into headers", () => {
    const told = "listener in: propagation.via is filter_state, and no";
    const write = headerFilters().at(-1) ?? {};
    assert.deepEqual(warnings(filter("rbac"), lightspan("filter_state"), ...headerFilters(), mutation), []);
    assert.deepEqual(warnings(lightspan("filter_state"), mutation), [
      `${told} header_mutation after Lightspan writes the headers`,
    ]);
    assert.deepEqual(warnings(...headerFilters(), lightspan("filter_state")), [
      `${told} header_mutation after Lightspan writes the headers`,
    ]);
    assert.deepEqual(warnings(lightspan("filter_state"), write), [
      `${told} filter after Lightspan removes headers that must go`,
    ]);
  });
});

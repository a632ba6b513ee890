// Builds the Go programs in this folder, each once per state of its sources. Knows Go's command line. Each program's go.mod
// and go.sum pin all modules by version and hash.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../../runner/command.ts";
import { cached, findGo, fingerprint } from "../tools.ts";

/** Path of the program in the folder `name`. Throws ToolMissing without Go, and an Error with Go's words if Go fails. */
export async function goProgram(name: "lightstep" | "otelcol" | "compose"): Promise<string> {
  const source = fileURLToPath(new URL(name, import.meta.url));
  const go = await findGo();
  const files = readdirSync(source).sort();
  const state = fingerprint(files.flatMap((file) => [file, readFileSync(join(source, file))]));
  return cached(`${name}-${state}`, name, async (folder) => {
    const env = { ...process.env, CGO_ENABLED: "0", GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly -buildvcs=false" };
    // Announced, because a first build takes minutes, mostly for downloads.
    console.error(`  go build of tests/peers/go/${name}`);
    const args = ["build", "-C", source, "-trimpath", "-ldflags=-s -w", "-o", join(folder, name), "."];
    const { code, output } = await run(go, args, env);
    if (code !== 0) throw new Error(`go build of ${name} failed:\n${output.split("\n").slice(-20).join("\n")}`);
  });
}

// Istio's own source, in the version that tests/istio builds: its Go module, fetched by Go and checked against the hash
// in go.sum. Refuses to know what is looked up in it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { findGo } from "./tools.ts";

const NAME = "istio.io/istio";
const sums = new URL("../istio/go/go.sum", import.meta.url);

/** The folder of Istio's source, fetched the first time (12 MB). Throws ToolMissing without Go. */
export async function istioSource(): Promise<string> {
  const go = await findGo();
  const [, version, sum] = /^istio\.io\/istio (\S+) (h1:\S+)$/m.exec(readFileSync(sums, "utf8")) ?? [];
  // Run outside any module: the one that pins the version may need a newer Go than fetching does.
  const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "", GOWORK: "off" };
  const options = { cwd: tmpdir(), env, encoding: "utf8" } as const;
  const { Dir, Sum } = JSON.parse(execFileSync(go, ["mod", "download", "-json", `${NAME}@${version}`], options));
  if (Sum !== sum) throw new Error(`${NAME}@${version} has the sum ${Sum}, and go.sum says ${sum}`);
  return Dir;
}

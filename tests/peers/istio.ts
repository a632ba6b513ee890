// Istio's own source, of the version that tests/istio builds: its Go module, fetched by Go and compared with the hash in
// go.sum. Knows nothing of what is looked for in it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { findGo } from "./tools.ts";

const NAME = "istio.io/istio";
const sums = new URL("../istio/go/go.sum", import.meta.url);

/** The folder of Istio's source; the first time it is fetched, 12 MB. Throws ToolMissing without Go. */
export async function istioSource(): Promise<string> {
  const go = await findGo();
  const [, version, sum] = /^istio\.io\/istio (\S+) (h1:\S+)$/m.exec(readFileSync(sums, "utf8")) ?? [];
  // Outside of any module: the one that pins the version may want a newer Go than it takes to fetch a file.
  const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "", GOWORK: "off" };
  const options = { cwd: tmpdir(), env, encoding: "utf8" } as const;
  const { Dir, Sum } = JSON.parse(execFileSync(go, ["mod", "download", "-json", `${NAME}@${version}`], options));
  if (Sum !== sum) throw new Error(`${NAME}@${version} has the sum ${Sum}, and go.sum says ${sum}`);
  return Dir;
}

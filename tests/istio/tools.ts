// Istio's own programs, built from its Go module into the cache folder, once. Knows Go, the pinned version and the options
// that Istio builds with; refuses to know what the programs are run for. In the folder `go`, go.mod and go.sum pin every
// module by version and hash, which Go checks.
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onPath, run } from "../../runner/command.ts";
import { cached, ToolMissing } from "../peers/tools.ts";

const goModule = fileURLToPath(new URL("go", import.meta.url));

/** Packages and build tags, as in Istio's makefile. The control plane comes first, because it is most of the work. */
const builds = [
  {
    tags: "vtprotobuf,disable_pgv",
    packages: ["istio.io/istio/pilot/cmd/pilot-discovery", "istio.io/istio/istioctl/cmd/istioctl"],
  },
  { tags: "agent,disable_pgv", packages: ["istio.io/istio/pilot/cmd/pilot-agent"] },
  { tags: "", packages: ["lightspan.invalid/tests/istio/kustomize", "lightspan.invalid/tests/istio/fields"] },
  { tags: "", packages: ["github.com/google/go-containerregistry/cmd/crane"] },
];

/** Files of Istio's source that its programs or a cluster need. */
const files = {
  "envoy_bootstrap.json": "tools/packaging/common/envoy_bootstrap.json",
  "crds.yaml": "manifests/charts/base/files/crd-all.gen.yaml",
  "bookinfo.yaml": "samples/bookinfo/platform/kube/bookinfo.yaml",
};

/** Paths of programs and files. */
export interface Istio {
  pilotDiscovery: string;
  pilotAgent: string;
  istioctl: string;
  /** `kustomize FOLDER` prints what `kubectl kustomize FOLDER` prints. */
  kustomize: string;
  /** Pushes to registries, and serves one. */
  crane: string;
  /** `fields MESSAGE…` prints the fields of messages of Istio's and Envoy's APIs, a line each: message, name, name in JSON. */
  fields: string;
  /** The template from which pilot-agent makes Envoy's bootstrap. */
  bootstrapTemplate: string;
  /** Istio's custom resource definitions. */
  crds: string;
  /** Istio's Bookinfo sample for Kubernetes. */
  bookinfo: string;
}

/** There is no Go to build Istio with. */
export class GoMissing extends ToolMissing {}

/** Istio's programs, from the cache or built now, which takes minutes. Throws GoMissing, or an Error with Go's words. */
export async function findIstio(log: (line: string) => void): Promise<Istio> {
  const name = `istio-${fingerprint()}-${process.platform}-${process.arch}`;
  const pilotDiscovery = await cached(name, "pilot-discovery", (folder) => build(folder, log));
  const kept = dirname(pilotDiscovery);
  return {
    pilotDiscovery,
    pilotAgent: join(kept, "pilot-agent"),
    istioctl: join(kept, "istioctl"),
    kustomize: join(kept, "kustomize"),
    fields: join(kept, "fields"),
    crane: join(kept, "crane"),
    bootstrapTemplate: join(kept, "envoy_bootstrap.json"),
    crds: join(kept, "crds.yaml"),
    bookinfo: join(kept, "bookinfo.yaml"),
  };
}

/** A part of the cache folder's name. Another version or another program changes it. */
function fingerprint(): string {
  const hash = createHash("sha256").update(JSON.stringify(builds));
  for (const name of ["go.mod", "go.sum", "kustomize/main.go", "fields/main.go"])
    hash.update(readFileSync(join(goModule, name)));
  return hash.digest("hex").slice(0, 16);
}

async function build(folder: string, log: (line: string) => void): Promise<void> {
  const go = onPath("go", process.env);
  if (go === undefined) throw new GoMissing("Go is missing; install Go 1.26 or newer.");
  for (const { tags, packages } of builds) await compile(go, tags, packages, folder, log);
  const source = (await ask(go, ["list", "-C", goModule, "-m", "-f", "{{.Dir}}", "istio.io/istio"])).trim();
  for (const [name, path] of Object.entries(files)) copyFileSync(join(source, path), join(folder, name));
}

/** Compiles some programs into `folder` and logs how long it takes. */
async function compile(
  go: string,
  tags: string,
  packages: string[],
  folder: string,
  log: (line: string) => void,
): Promise<void> {
  log(`building ${packages.map((path) => basename(path)).join(" and ")} from Istio's source (once, some minutes)`);
  const started = performance.now();
  const seconds = (): number => Math.round((performance.now() - started) / 1000);
  const sign = setInterval(() => log(`  still at it after ${seconds()} s`), 60_000);
  const options = ["-mod=readonly", "-buildvcs=false", "-tags", tags, "-ldflags=-s -w", "-o", `${folder}/`];
  await ask(go, ["build", "-C", goModule, ...options, ...packages]).finally(() => clearInterval(sign));
  log(`  took ${seconds()} s`);
}

/** Runs Go at a lower priority than the rest of this machine and returns what it printed. */
async function ask(go: string, args: string[]): Promise<string> {
  const nice = onPath("nice", process.env);
  const command = [...(nice === undefined ? [] : [nice, "-n", "10"]), go, ...args];
  const { code, output } = await run(command[0] ?? go, command.slice(1), process.env);
  if (code === 0) return output;
  throw new Error(`go ${args[0]} failed: ${output.trim().split("\n").slice(-5).join("\n")}`);
}

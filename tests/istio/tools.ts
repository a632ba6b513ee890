// Istio's own programs, built from its Go module into the cache folder, once. Knows Go, the pinned version and what Istio
// builds its programs with; refuses to know what they are run for. go.mod and go.sum beside this file's `go` folder pin
// every module by version and hash, and Go compares them.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { atExit } from "../../runner/cleanup.ts";
import { onPath, run, type Environment } from "../../runner/command.ts";
import { cacheFolder } from "../../runner/wheel.ts";

const goModule = fileURLToPath(new URL("go", import.meta.url));

/** Packages and build tags, as Istio's makefile has them. The control plane comes first: it has most of the work. */
const builds = [
  {
    tags: "vtprotobuf,disable_pgv",
    packages: ["istio.io/istio/pilot/cmd/pilot-discovery", "istio.io/istio/istioctl/cmd/istioctl"],
  },
  { tags: "agent,disable_pgv", packages: ["istio.io/istio/pilot/cmd/pilot-agent"] },
  { tags: "", packages: ["lightspan.invalid/tests/istio/kustomize", "lightspan.invalid/tests/istio/fields"] },
  { tags: "", packages: ["github.com/google/go-containerregistry/cmd/crane"] },
];

/** Files of Istio's source that its programs, or a cluster, need beside them. */
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
  /** Pushes to registries, and is one. */
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

/** There is no Go here to build Istio with. */
export class GoMissing extends Error {}

/** Istio's programs, from the cache or built now, which takes minutes. Throws GoMissing, or says what Go said. */
export async function findIstio(log: (line: string) => void, env: Environment = process.env): Promise<Istio> {
  const kept = join(cacheFolder(env), `istio-${fingerprint()}-${process.platform}-${process.arch}`);
  if (!existsSync(kept)) await build(kept, log, env);
  return {
    pilotDiscovery: join(kept, "pilot-discovery"),
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

/** What the cache's folder is called: another version, or another program, is another name. */
function fingerprint(): string {
  const hash = createHash("sha256").update(JSON.stringify(builds));
  for (const name of ["go.mod", "go.sum", "kustomize/main.go", "fields/main.go"])
    hash.update(readFileSync(join(goModule, name)));
  return hash.digest("hex").slice(0, 16);
}

async function build(kept: string, log: (line: string) => void, env: Environment): Promise<void> {
  const go = onPath("go", env);
  if (go === undefined) throw new GoMissing("Go is missing; install Go 1.26 or newer.");
  mkdirSync(cacheFolder(env), { recursive: true });
  // On the cache's own file system, so that the last step is one rename: the cache holds the whole or nothing.
  const work = mkdtempSync(join(cacheFolder(env), ".partial-"));
  const clear = (): void => rmSync(work, { recursive: true, force: true });
  const forget = atExit(clear);
  try {
    for (const { tags, packages } of builds) await compile(go, tags, packages, work, log, env);
    const source = (await ask(go, ["list", "-C", goModule, "-m", "-f", "{{.Dir}}", "istio.io/istio"], env)).trim();
    for (const [name, path] of Object.entries(files)) copyFileSync(join(source, path), join(work, name));
    renameSync(work, kept);
  } finally {
    forget();
    clear();
  }
}

/** Compiles some programs into `folder`, and says how long it has been at it. */
async function compile(
  go: string,
  tags: string,
  packages: string[],
  folder: string,
  log: (line: string) => void,
  env: Environment,
): Promise<void> {
  log(`building ${packages.map((path) => basename(path)).join(" and ")} from Istio's source (once, some minutes)`);
  const started = performance.now();
  const seconds = (): number => Math.round((performance.now() - started) / 1000);
  const sign = setInterval(() => log(`  still at it after ${seconds()} s`), 60_000);
  const options = ["-mod=readonly", "-buildvcs=false", "-tags", tags, "-ldflags=-s -w", "-o", `${folder}/`];
  await ask(go, ["build", "-C", goModule, ...options, ...packages], env).finally(() => clearInterval(sign));
  log(`  took ${seconds()} s`);
}

/** Runs Go with lower priority than whatever else this machine does; what it printed. */
async function ask(go: string, args: string[], env: Environment): Promise<string> {
  const nice = onPath("nice", env);
  const { code, output } =
    nice === undefined ? await run(go, args, env) : await run(nice, ["-n", "10", go, ...args], env);
  if (code === 0) return output;
  throw new Error(`go ${args[0]} failed: ${output.trim().split("\n").slice(-5).join("\n")}`);
}

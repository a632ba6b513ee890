// What happens to traffic when something is wrong, for each kind of manifest: docs/istio.md has the same table.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { workload } from "../../demo/topology.ts";
import { EnvoyFailed, type EnvoyProcess } from "../../runner/process.ts";
import { wasm } from "../envoy/ground.ts";
import { eventually } from "../wait.ts";
import { collectorUrl, inCluster } from "./cluster.ts";
import { fatalHeaders, writeFailingModule } from "./failing.ts";
import type { KubeObject } from "./kubernetes.ts";
import { manifestObjects, refusedObjects } from "./manifests.ts";
import { startProxy } from "./proxy.ts";

const timeout = 120_000;
const kinds = ["EnvoyFilter", "WasmPlugin", "TrafficExtension"];
const folder = mkdtempSync(join(tmpdir(), "lightspan-failing-"));
const failingModule = join(folder, "failing.wasm");
writeFailingModule(failingModule);
after(() => rmSync(folder, { recursive: true }));

/** How long each request of a sidecar with a failing module takes: enough to send another one meanwhile. */
const LONG_MS = 3000;

type Ask = (headers?: Record<string, string>) => Promise<number>;

/** What `send` returns, which gets a sidecar's statuses by `ask`; undefined if the sidecar never gets ready. */
async function withSidecar<T>(
  objects: KubeObject[],
  send: (ask: Ask, envoy: EnvoyProcess) => Promise<T>,
  reviewsDelayMs?: number,
): Promise<T | undefined> {
  let result: T | undefined;
  await inCluster({ objects, reviewsDelayMs }, async ({ pilot, ports, add }) => {
    const reviews = workload("reviews-v3");
    const { host, port } = ports.get(reviews)?.inbound ?? { host: "", port: 0 };
    let envoy: EnvoyProcess;
    try {
      const metadata = { INSTANCE_IPS: host };
      envoy = add(await startProxy({ pilot, workload: reviews, metadata, readyTimeoutMs: 5000 }));
    } catch (error) {
      if (error instanceof EnvoyFailed && /was not live/.test(error.message)) return;
      throw error;
    }
    const ask: Ask = async (headers) => {
      const response = await fetch(`http://${host}:${port}/reviews/0`, { headers });
      await response.text();
      return response.status;
    };
    result = await send(ask, envoy);
  });
  return result;
}

/** The statuses of three requests at once. */
function answers(objects: KubeObject[]): Promise<number[] | undefined> {
  return withSidecar(objects, (ask) => Promise.all([ask(), ask(), ask()]));
}

/** As in the documents' table. */
function inWords(statuses: number[] | undefined): string {
  if (statuses === undefined) return "pod not ready";
  return statuses.every((status) => status === 200) ? "traffic flows" : `${statuses.find((status) => status !== 200)}`;
}

/** The flags for a module in a file. */
function base(kind: string, path: string): string[] {
  return ["--collector", collectorUrl, "--kind", kind, "--module", `file://${path}`];
}

const cases: [what: string, answers: (kind: string) => Promise<string>][] = [
  [
    "the module's file is missing",
    async (kind) => inWords(await answers(manifestObjects(...base(kind, "/nowhere/lightspan.wasm")))),
  ],
  ["the configuration is refused", async (kind) => inWords(await answers(refusedObjects(...base(kind, wasm))))],
  [
    "the variable with the token is not set",
    async (kind) => inWords(await answers(manifestObjects(...base(kind, wasm), "--token-secret", "lightstep"))),
  ],
  ["the module fails: requests under way", async (kind) => inWords((await ofFailing(kind))?.underWay)],
  ["the module fails: the request it fails on", async (kind) => inWords((await ofFailing(kind))?.failing)],
  ["the module fails: requests after that", async (kind) => inWords((await ofFailing(kind))?.after)],
];

interface OfFailing {
  /** A request that arrived before the module failed, and was answered after that. */
  underWay: number[];
  failing: number[];
  after: number[];
}

const failing = new Map<string, Promise<OfFailing | undefined>>();

/** The statuses around the failure of a module, measured once for each kind. */
function ofFailing(kind: string): Promise<OfFailing | undefined> {
  const known = failing.get(kind) ?? withSidecar(manifestObjects(...base(kind, failingModule)), failOn, LONG_MS);
  failing.set(kind, known);
  return known;
}

async function failOn(ask: Ask, envoy: EnvoyProcess): Promise<OfFailing> {
  const first = ask();
  await eventually(
    "the first request to arrive",
    async () => [...(await envoy.stats("http.inbound"))].filter(([name]) => name.endsWith(".downstream_rq_total")),
    (counts) => counts.some(([, count]) => count > 0),
  );
  const second = await ask(fatalHeaders);
  const after = await Promise.all([ask(), ask(), ask()]);
  return { underWay: [await first], failing: [second], after };
}

/** The documents' table: cells by row name, one per kind. */
const table = new Map(
  readFileSync(new URL("../../docs/istio.md", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .map(([what = "", ...cells]) => [what, cells]),
);

for (const [what, find] of cases) {
  for (const [i, kind] of kinds.entries()) {
    test(`${kind}: if ${what}, it is as the documents say`, { timeout }, async () => {
      const found = await find(kind);
      assert.equal(found, table.get(what)?.[i === 0 ? 0 : 1]);
    });
  }
}

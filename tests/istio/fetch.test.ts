// How the module reaches a proxy: the real pilot-agent fetches it in each way that the manifests offer, and if it
// can't, traffic keeps flowing.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { workload } from "../../demo/topology.ts";
import { wasm } from "../envoy/ground.ts";
import { eventually } from "../wait.ts";
import { agentMissing, startAgent, type Agent, type AgentOptions } from "./agent.ts";
import { collectorUrl, inCluster, type Cluster } from "./cluster.ts";
import { extensions } from "./dump.ts";
import { lightspan, manifestObjects } from "./manifests.ts";
import { serveFile, serveLate, type Place } from "./places.ts";
import { startRegistry, type Registry } from "./registry.ts";

const skip = (await agentMissing()) ?? false;
const timeout = 120_000;
const kinds = ["EnvoyFilter", "WasmPlugin", "TrafficExtension"];
const folder = mkdtempSync(join(tmpdir(), "lightspan-oci-"));
let web: Place;
let registry: Registry;
/** Digest of the image in the registry. */
let digest = "";

before(async () => {
  const { status, stdout, stderr } = lightspan("oci", "--out", folder, "--tag", "1.0");
  assert.equal(status, 0, stderr);
  [web, registry] = await Promise.all([serveFile(wasm), startRegistry()]);
  digest = await registry.push(folder, "mesh/lightspan:1.0");
  assert.ok(stdout.includes(`manifest  ${digest}\n`), `${digest} is not what was printed: ${stdout}`);
});
after(async () => {
  await Promise.all([web.close(), registry.stop()]);
  rmSync(folder, { recursive: true });
});

interface Running {
  cluster: Cluster;
  agent: Agent;
  /** Sends a request through the proxy to its application and returns the status. */
  request(): Promise<number>;
}

/** Runs `body` with a proxy of details, run by a real agent, with the manifests for these flags. */
async function withAgent(
  flags: string[],
  body: (running: Running) => Promise<void>,
  options: Partial<AgentOptions> = {},
): Promise<void> {
  const objects = manifestObjects("--collector", collectorUrl, ...flags);
  await inCluster({ objects }, async (cluster) => {
    const details = workload("details-v1");
    const { host, port } = cluster.ports.get(details)?.inbound ?? { host: "", port: 0 };
    const { pilot, add } = cluster;
    const agent = add(await startAgent({ pilot, workload: details, address: host, ...options }));
    const request = async (): Promise<number> => {
      const response = await fetch(`http://${host}:${port}/details/0`);
      await response.text();
      return response.status;
    };
    try {
      await body({ cluster, agent, request });
    } catch (error) {
      if (error instanceof Error) {
        error.message += `\n--- log of pilot-agent\n${agent.log().split("\n").slice(-40).join("\n")}`;
      }
      throw error;
    }
  });
}

/** Checks that the proxy runs Lightspan with a module that the agent fetched, and that a request gives a span. */
async function checkSpan({ cluster, agent, request }: Running): Promise<void> {
  const ours = (await extensions(agent)).filter(({ name }) => name.includes("lightspan"));
  assert.deepEqual(
    ours.map(({ type }) => type),
    ["Wasm"],
  );
  assert.match(ours[0]?.filename ?? "", /^\/var\/lib\/istio\/data\/.*\.wasm$/);
  assert.equal(await request(), 200);
  await eventually("the span of details", () =>
    cluster.satellite.store
      .list()
      .flatMap(({ spans }) => spans)
      .find(({ service, kind }) => service === "details.default" && kind === "server"),
  );
}

for (const kind of kinds) {
  test(`a module from a web server runs as ${kind}`, { skip, timeout }, async () => {
    await withAgent(["--kind", kind, "--module", `http://127.0.0.1:${web.port}/lightspan.wasm`], checkSpan);
  });

  test(
    `a module from a registry, in the image that lightspan oci wrote, runs as ${kind}`,
    { skip, timeout },
    async () => {
      await withAgent(["--kind", kind, "--module", `oci://${registry.host}/mesh/lightspan:1.0`], checkSpan);
    },
  );
}

test("an image named by its digest runs", { skip, timeout }, async () => {
  await withAgent(["--module", `oci://${registry.host}/mesh/lightspan@${digest}`], checkSpan);
});

for (const kind of kinds) {
  test(
    `the token of the proxy's environment is in every report, a tag from it in every span, as ${kind}`,
    { skip, timeout },
    async () => {
      const flags = [
        "--kind",
        kind,
        "--module",
        `http://127.0.0.1:${web.port}/lightspan.wasm`,
        "--token-secret",
        "lightstep",
        "--config",
        '{"tags":{"environment":{"pod":"POD_NAME"}}}',
      ];
      const env = { LIGHTSPAN_ACCESS_TOKEN: "the token" };
      await withAgent(
        flags,
        async (running) => {
          await checkSpan(running);
          const { tokensSeen, reports } = running.cluster.satellite.counts;
          assert.deepEqual(tokensSeen, { header: reports, body: reports });
          assert.ok(!running.agent.log().includes("the token"));
          const pods = running.cluster.satellite.store.list().flatMap(({ spans }) => spans.map(({ tags }) => tags.pod));
          assert.deepEqual([...new Set(pods)], [workload("details-v1").pod]);
        },
        { env },
      );
    },
  );
}

test("a new module replaces the old one under load without losing a request", { skip, timeout }, async () => {
  // The same module with an empty custom section has another checksum.
  const next = Buffer.concat([readFileSync(wasm), Buffer.from([0, 5, 4]), Buffer.from("next")]);
  const path = join(folder, "next.wasm");
  writeFileSync(path, next);
  const sha256 = createHash("sha256").update(next).digest("hex");
  const nextWeb = await serveFile(path);
  try {
    await withAgent(["--module", `http://127.0.0.1:${web.port}/lightspan.wasm`], async (running) => {
      await checkSpan(running);
      const statuses = new Set<number>();
      let over = false;
      const traffic = (async () => {
        while (!over) statuses.add(await running.request());
      })();
      const flags = [
        "--collector",
        collectorUrl,
        "--module",
        `http://127.0.0.1:${nextWeb.port}/lightspan.wasm`,
        "--sha256",
        sha256,
      ];
      for (const object of manifestObjects(...flags)) running.cluster.kubernetes.apply(object);
      await eventually("the new module", async () => {
        const [ours] = await extensions(running.agent);
        return ours?.filename?.includes(sha256) ? ours : undefined;
      });
      over = true;
      await traffic;
      assert.deepEqual([...statuses], [200]);
      await checkSpan(running);
    });
  } finally {
    await nextWeb.close();
  }
});

test("as a WasmPlugin, a new proxy waits for the module as long as it takes", { skip, timeout }, async () => {
  const late = await serveLate(wasm);
  let ready = false;
  try {
    const running = withAgent(
      ["--kind", "WasmPlugin", "--module", `http://127.0.0.1:${late.port}/lightspan.wasm`],
      async (started) => {
        ready = true;
        await checkSpan(started);
      },
    );
    await Promise.race([running, eventually("a question for the module", () => late.asked[0])]);
    // This is longer than a proxy with the EnvoyFilter waits.
    await sleep(12_000);
    const early = ready;
    late.release();
    await running;
    assert.equal(early, false);
    assert.equal(ready, true);
  } finally {
    await late.close();
  }
});

const failures: [what: string, flags: () => string[], reason: RegExp][] = [
  [
    "has another checksum than the manifest says",
    () => ["--module", `http://127.0.0.1:${web.port}/lightspan.wasm`, "--sha256", "0".repeat(64)],
    /checksum|sha256/i,
  ],
  [
    "has another image digest than the manifest says",
    () => ["--module", `oci://${registry.host}/mesh/lightspan:1.0`, "--sha256", "0".repeat(64)],
    /does not match/,
  ],
  ["is not there", () => ["--module", `http://127.0.0.1:${web.port}/other.wasm`], /404/],
  ["has no tag of that name", () => ["--module", `oci://${registry.host}/mesh/lightspan:2.0`], /MANIFEST_UNKNOWN/],
];

for (const kind of kinds) {
  for (const [what, flags, reason] of failures) {
    test(`if a module ${what}, traffic flows without it, as ${kind}`, { skip, timeout }, async () => {
      await withAgent(["--kind", kind, ...flags()], async ({ agent, request, cluster }) => {
        const ours = (await extensions(agent)).filter(({ name }) => name.includes("lightspan"));
        assert.deepEqual(
          ours.map(({ type }) => type),
          ["RBAC"],
        );
        for (let i = 0; i < 5; i++) assert.equal(await request(), 200);
        assert.match(agent.log(), reason);
        assert.equal(cluster.satellite.store.list().length, 0);
      });
    });
  }
}

test(
  "a proxy does not wait for a server that does not answer, and uses the module when it arrives",
  { skip, timeout },
  async () => {
    const late = await serveLate(wasm);
    try {
      await withAgent(["--module", `http://127.0.0.1:${late.port}/lightspan.wasm`], async (running) => {
        assert.ok(late.asked.length > 0, "nobody asked for the module");
        for (let i = 0; i < 5; i++) assert.equal(await running.request(), 200);
        assert.equal(running.cluster.satellite.store.list().length, 0);
        late.release();
        await eventually("the module", async () => {
          const ours = (await extensions(running.agent)).find(({ name }) => name === "lightspan");
          return ours?.type === "Wasm" ? ours : undefined;
        });
        await checkSpan(running);
      });
    } finally {
      await late.close();
    }
  },
);

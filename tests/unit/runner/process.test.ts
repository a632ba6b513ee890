// One Envoy as a child process, with a script as Envoy: its admin interface, its end, and what it must not survive.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { EnvoyFailed, startEnvoy, type EnvoyProcess } from "../../../runner/process.ts";
import { compile } from "../../compile.mjs";
import { eventually } from "../../wait.ts";
import { folder, program } from "./programs.ts";

const standIn = `#!${process.execPath}
const { createServer } = require("node:http");
const { readFileSync, writeFileSync } = require("node:fs");
const after = (name) => process.argv[process.argv.indexOf(name) + 1];
console.error("[2026-11-23 00:00:00.000][1][info][main] arguments: " + process.argv.slice(2).join(" "));
console.error("[2026-11-23 00:00:00.000][1][info][main] " + readFileSync(after("-c"), "utf8"));
const listeners = [{ name: "virtualInbound", local_address: { socket_address: { address: "127.0.0.1", port_value: 15006 } } }];
const stats = { "a.b.count": "7", "a.b.text": '"no: number"', "axb.count": "1", "a.b.times": "P0(nan,1)" };
createServer((request, response) => {
  const url = new URL(request.url, "http://admin");
  if (url.pathname === "/ready") response.end("LIVE\\n");
  if (url.pathname === "/listeners") response.end(JSON.stringify({ listener_statuses: listeners }));
  const filter = new RegExp(url.searchParams.get("filter") ?? "");
  if (url.pathname === "/stats")
    response.end(Object.entries(stats).filter(([name]) => filter.test(name)).map((pair) => pair.join(": ")).join("\\n"));
}).listen(0, "127.0.0.1", function () {
  writeFileSync(after("--admin-address-path"), "127.0.0.1:" + this.address().port);
});
`;

function standInAt(path: string): string {
  writeFileSync(path, standIn);
  chmodSync(path, 0o755);
  return path;
}

async function started(t: Parameters<typeof folder>[0], more: object = {}): Promise<EnvoyProcess> {
  const binary = standInAt(join(folder(t), "envoy.cjs"));
  const envoy = await startEnvoy({ binary, name: "reviews-v3", config: { node: { id: "x" } }, ...more });
  t.after(() => envoy.stop());
  return envoy;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("stats are the numbers whose names begin with the literal prefix", async (t) => {
  const envoy = await started(t);
  assert.deepEqual([...(await envoy.stats("a.b"))], [["a.b.count", 7]]);
  assert.equal((await envoy.stats()).get("axb.count"), 1);
});

test("a listener's port is read back, and a missing listener is an error", async (t) => {
  const envoy = await started(t);
  assert.equal(await envoy.listenerPort("virtualInbound"), 15006);
  await assert.rejects(envoy.listenerPort("other"), /no listener other here, only: virtualInbound/);
});

test("an admin port is added to a configuration without one, and hot restart is off", async (t) => {
  const envoy = await started(t, { concurrency: 2, componentLogLevel: "wasm:debug" });
  assert.match(envoy.log(), /"admin":\{"address":\{"socket_address":\{"address":"127.0.0.1","port_value":0\}\}\}/);
  assert.match(envoy.log(), /--concurrency 2 -l info --component-log-level wasm:debug --disable-hot-restart/);
});

test("hot restart is left on when the caller gives a base id", async (t) => {
  const envoy = await started(t, { extraArgs: ["--base-id", "7"] });
  assert.doesNotMatch(envoy.log(), /--disable-hot-restart/);
});

test("after stop the process and its folder are gone, and stop may be called again", async (t) => {
  const envoy = await started(t);
  const config = /-c (\S+)/.exec(envoy.log())?.[1] ?? "";
  assert.ok(existsSync(config));
  await envoy.stop();
  await envoy.stop();
  assert.equal(await envoy.ended, "was ended by SIGTERM");
  assert.ok(!isAlive(envoy.pid));
  assert.ok(!existsSync(config));
});

test("an Envoy that dies is an error with its warnings, and the whole log attached", async (t) => {
  const lines = [
    "[2026-11-23 00:00:00.000][1][info][main] starting",
    "[2026-11-23 00:00:00.000][1][error][wasm] configuration refused: span.kind",
    "  a line that belongs to it",
  ];
  const binary = program(join(folder(t), "envoy"), `${lines.map((line) => `echo "${line}" >&2`).join("\n")}\nexit 1`);
  await assert.rejects(startEnvoy({ binary, name: "bad", config: {} }), (error: unknown) => {
    assert.ok(error instanceof EnvoyFailed);
    assert.equal(error.message, `Envoy bad ended with code 1\n${lines.slice(1).join("\n")}`);
    assert.equal(error.log.trimEnd(), lines.join("\n"));
    return true;
  });
});

test("an Envoy that never becomes live is stopped and is an error", async (t) => {
  const root = folder(t);
  const binary = program(join(root, "envoy"), `echo $$ > ${root}/pid\nexec sleep 60`);
  await assert.rejects(startEnvoy({ binary, name: "slow", config: {}, readyTimeoutMs: 300 }), /not live after 0\.3 s/);
  assert.ok(!isAlive(Number(readFileSync(join(root, "pid"), "utf8"))));
});

test("a missing program is an error", async () => {
  await assert.rejects(startEnvoy({ binary: "/no/such/envoy", name: "none", config: {} }), /could not be started/);
});

// Compiled once, for the programs below: tsx would compile it again for each.
let compiled = { folder: "", files: [""] };
before(async () => (compiled = await compile({ process: ["runner/process.ts"] })));
after(() => rmSync(compiled.folder, { recursive: true }));

for (const [way, ending] of Object.entries({
  SIGTERM: "",
  SIGINT: "",
  "an uncaught error": "throw new Error('on purpose');",
  "process.exit": "process.exit(3);",
  "a signal to a process with a handler of its own": "process.on('SIGTERM', () => process.exit(0));",
})) {
  test(`${way} also ends Envoy and removes its folder`, async (t) => {
    const root = folder(t);
    const main = join(root, "main.mjs");
    // Version managers put such a shell wrapper on the PATH.
    const binary = program(join(root, "envoy"), `${standInAt(join(root, "envoy.cjs"))} "$@"\nexit $?`);
    writeFileSync(
      main,
      `import { startEnvoy } from ${JSON.stringify(compiled.files[0])};
       const envoy = await startEnvoy({ binary: ${JSON.stringify(binary)}, name: "x", config: {} });
       console.log(envoy.admin, /-c (\\S+)/.exec(envoy.log())[1]);
       ${ending}
       setInterval(() => undefined, 1000);`,
    );
    const child = spawn(process.execPath, [main], { stdio: ["ignore", "pipe", "ignore"] });
    t.after(() => child.kill("SIGKILL"));
    const gone = new Promise((resolve) => child.on("exit", resolve));
    const line = await new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data))));
    const [admin = "", config = ""] = line.trim().split(" ");
    if (ending === "" || ending.includes("SIGTERM")) child.kill(way === "SIGINT" ? "SIGINT" : "SIGTERM");
    await gone;
    // Its process id proves nothing: it remains until init reaps the process.
    const isGone = (): Promise<boolean> =>
      fetch(`${admin}/ready`).then(
        () => false,
        () => true,
      );
    await eventually("Envoy to be gone", isGone, Boolean);
    assert.ok(!existsSync(config));
  });
}

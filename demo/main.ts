// `npm start`: finds Envoy, starts a collector and Bookinfo, sends page views, shows the resulting traces, and stays
// up. Knows the order and the messages; the work is done in other files.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startSatellite, type Satellite } from "../satellite/server.ts";
import { terminalStyle } from "../satellite/terminal/style.ts";
import type { Trace } from "../satellite/store/traces.ts";
import { drawTree } from "../satellite/terminal/tree.ts";
import { drawVersions, latencyByVersion } from "../satellite/terminal/versions.ts";
import { faultsOf, reviewsOf } from "./expected.ts";
import { startBookinfo, type Bookinfo } from "./bookinfo.ts";
import { ingress, slowWorkload, workloads } from "./topology.ts";
import { trickle, viewPages } from "./traffic.ts";
import { run } from "../runner/command.ts";
import { EnvoyNotFound, findEnvoy, versionOf } from "../runner/find.ts";
import { reasonIn, warningsOf } from "../runner/log.ts";
import { EnvoyFailed } from "../runner/process.ts";
import { Progress } from "./progress.ts";

const usage = "usage: npm start [-- --once]   (--once ends after the output; its exit code says whether all was right)";
const wasm = fileURLToPath(new URL("../build/lightspan.wasm", import.meta.url));
const collectorPort = 8360;
const pagePort = 8080;
const views = 30;

const flags = process.argv.slice(2);
const unknown = flags.find((flag) => !["--once", "--help"].includes(flag));
if (unknown !== undefined || flags.includes("--help")) {
  console.error(unknown === undefined ? usage : `unknown flag ${unknown}; ${usage}`);
  process.exit(unknown === undefined ? 0 : 2);
}
if (!existsSync(wasm)) {
  console.error("build/lightspan.wasm is not there; npm run build makes it.");
  process.exit(1);
}

// Exiting is enough: everything that was started ends with this process (runner/cleanup.ts).
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => leave("\nstopped"));
// A signal to npm alone ends npm and its shell but never gets here; only the new parent shows it.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || leave("\nnpm has gone; stopped"), 500).unref();
}

try {
  await demo(new Progress(process.stdout), flags.includes("--once"));
} catch (error) {
  const known = error instanceof EnvoyNotFound || error instanceof EnvoyFailed;
  console.error(error instanceof Error ? `\n${known ? error.message : error.stack}` : error);
  process.exit(1);
}

async function demo(progress: Progress, once: boolean): Promise<void> {
  const envoy = await progress.step(
    "finding Envoy",
    () => findEnvoy((line) => progress.note(line)),
    (path) => path,
  );
  const version = versionOf((await run(envoy, ["--version"], process.env)).output);
  const satellite = await progress.step("starting the collector", openSatellite, ({ url }) => url);
  if (satellite.port !== collectorPort) progress.note(`(port ${collectorPort} is taken)`);
  const bookinfo = await progress.step(
    `starting Bookinfo behind ${workloads.length + 1} Envoys ${version ?? ""}`.trimEnd(),
    () => startBookinfo({ envoy, wasm, collector: { host: "127.0.0.1", port: satellite.port }, ingressPort: pagePort }),
    ({ url }) => url,
  );
  if (new URL(bookinfo.url).port !== String(pagePort)) progress.note(`(port ${pagePort} is taken)`);
  watch(bookinfo);

  const failures = await progress.step(
    `sending ${views} page views`,
    () => viewPages(bookinfo.url, views, 10),
    (failed) => (failed.length === 0 ? "all answered" : `${failed.length} failed: ${failed[0]}`),
  );
  const whole = await progress.step(
    "waiting for their traces",
    () => arrival(satellite),
    (traces) => `${traces.length} whole`,
  );

  const right = show(satellite, whole) && failures.length === 0 && whole.length === views;
  if (!right) explain(satellite, bookinfo);
  if (once) process.exit(right ? 0 : 1);
  invite(satellite, bookinfo);
  await trickle(bookinfo.url, console.log, new AbortController().signal);
}

async function openSatellite(): Promise<Satellite> {
  return startSatellite({ port: collectorPort }).catch(() => startSatellite());
}

function watch({ envoys }: Bookinfo): void {
  for (const { name, ended, log } of envoys) {
    void ended.then((how) => {
      console.error(`\nThe Envoy of ${name} ${how}.\n${reasonIn(log())}`);
      process.exit(1);
    });
  }
}

/** Waits for a whole trace of each page view, ten seconds at most, and returns the whole traces. */
async function arrival({ store }: Satellite): Promise<Trace[]> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const whole = store.list().filter((trace) => faultsOf(trace).length === 0);
    if (whole.length >= views || Date.now() > deadline) return whole;
    await sleep(100);
  }
}

/** Prints a slow trace and the comparison by version. Returns false if no trace is slow. */
function show({ store }: Satellite, whole: Trace[]): boolean {
  const style = terminalStyle(process.stdout, process.env);
  const slow = whole.find((trace) => reviewsOf(trace)?.name === slowWorkload);
  if (slow !== undefined) console.log(`\nOne page view, as the Envoys saw it:\n\n${drawTree(slow, style)}`);
  const spans = store.list().flatMap((trace) => trace.spans);
  console.log(`\nreviews.default by version:\n\n${drawVersions(latencyByVersion(spans, "reviews.default"), style)}`);
  return slow !== undefined;
}

function explain({ store, counts }: Satellite, { envoys }: Bookinfo): void {
  const traces = store.list();
  const broken = traces.find((trace) => faultsOf(trace).length > 0);
  console.log(`\nNot all is as it should be: ${traces.length} traces came of ${views} page views.`);
  console.log(`The collector counts ${JSON.stringify({ ...counts, spansByService: undefined })}.`);
  if (broken !== undefined) {
    console.log(`\n${drawTree(broken)}\n\n${faultsOf(broken).join("\n")}`);
  }
  for (const { name, log } of envoys) {
    const warnings = warningsOf(log());
    if (warnings !== "") console.log(`\nThe Envoy of ${name} logged:\n${warnings}`);
  }
}

function invite(satellite: Satellite, { url, envoys }: Bookinfo): void {
  const traceId = randomBytes(16).toString("hex");
  const spanId = randomBytes(8).toString("hex");
  const admin = (name: string): string => envoys.find((envoy) => envoy.name === name)?.admin ?? "";
  console.log(`
Running, with one page view a second:

  the traces      ${satellite.url}/
  the page        ${url}
  the collector   ${satellite.url}/api/traces
  Envoy's admin   ${admin(ingress.name)} (ingress), ${admin(slowWorkload)} (${slowWorkload})

Try:

  a trace of your own, and a look at it a second later
    curl -s -o /dev/null -H 'b3: ${traceId}-${spanId}-1' ${url}
    curl -s ${satellite.url}/api/traces/${traceId}

  what an Envoy counted
    curl -s '${admin(ingress.name)}/stats?filter=wasmcustom'

Ctrl-C ends it all.`);
}

function leave(line: string): void {
  console.log(line);
  process.exit(0);
}

// The Zipkin server: the released jar, and the spans that its own API returns. Knows where the jar comes from and the
// server's command line.
import { createHash } from "node:crypto";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../runner/command.ts";
import type { Report } from "../../satellite/store/report.ts";
import { decodeZipkin } from "../../satellite/receive/zipkin.ts";
import type { Peer } from "./peer.ts";
import { startProgram } from "./program.ts";
import { cached, findJava, findMaven } from "./tools.ts";

const VERSION = "3.6.1";
const SHA256 = "d8326e0ed4f43855dba81228f688554706e52578a7c782d9a90b73f8680654a1";
const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
/** Limit of the queries: more than any test sends. */
const MOST_TRACES = 10_000;
const DAY_MS = 86_400_000;

export async function startZipkin(): Promise<Peer> {
  const java = await findJava();
  const options = ["ip=127.0.0.1", "port=0", "protocols[0]=http"].map((option) => `--armeria.ports[0].${option}`);
  const program = await startProgram([java, "-Xmx256m", "-jar", await zipkinJar(), ...options], {}, (line) => {
    const [, port] = /Serving HTTP at \/127\.0\.0\.1:(\d+)/.exec(line) ?? [];
    return port === undefined ? undefined : Number(port);
  });
  return {
    portOf: (format, transport) => (format === "zipkin" && transport === "http" ? program.ready : undefined),
    received: () => query(program.ready),
    stop: program.stop,
  };
}

/** Path of the server's jar, from the cache or by Maven. */
export async function zipkinJar(): Promise<string> {
  return cached(`zipkin-${VERSION}`, "zipkin.jar", async (folder) => {
    console.error(`  getting zipkin-server ${VERSION} with Maven (135 MB)`);
    const artifact = `-Dartifact=io.zipkin:zipkin-server:${VERSION}:jar:exec`;
    const args = ["-B", "-q", COPY, artifact, `-DoutputDirectory=${folder}`, "-Dmdep.stripVersion"];
    const { code, output } = await run(findMaven(), args, process.env);
    if (code !== 0) throw new Error(`Maven could not get zipkin-server ${VERSION}:\n${output.trim()}`);
    const jar = join(folder, "zipkin.jar");
    renameSync(join(folder, "zipkin-server-exec.jar"), jar);
    const found = createHash("sha256").update(readFileSync(jar)).digest("hex");
    if (found !== SHA256) throw new Error(`zipkin-server ${VERSION} has SHA-256 ${found}, not ${SHA256}`);
  });
}

async function query(port: number): Promise<Report[]> {
  // Spans may be ahead of the server's clock by a request's duration.
  const parameters = `limit=${MOST_TRACES}&lookback=${DAY_MS}&endTs=${Date.now() + 60_000}`;
  const response = await fetch(`http://127.0.0.1:${port}/api/v2/traces?${parameters}`);
  if (response.status !== 200) throw new Error(`Zipkin answers ${response.status}: ${await response.text()}`);
  const traces = (await response.json()) as unknown[][];
  return decodeZipkin(Buffer.from(JSON.stringify(traces.flat())));
}

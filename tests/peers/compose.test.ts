// envoy/docker-compose.yaml without a container engine: docker compose's own library reads it, the real Envoy validates
// every Envoy configuration in it, and both profiles run on loopback (compose/containers.ts says how).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createServer, type Server } from "node:tls";
import { run } from "../../runner/command.ts";
import { startSatellite, type Satellite } from "../../satellite/server.ts";
import type { Span, Trace } from "../../satellite/store/traces.ts";
import { account, during, envoyBinary } from "../envoy/ground.ts";
import { eventually } from "../wait.ts";
import { Containers, type Elsewhere } from "./compose/containers.ts";
import { composeServices, networkOf, type Services } from "./compose/project.ts";
import { findGo, ToolMissing } from "./tools.ts";
import { visit } from "./visit.ts";

const TOKEN = "a token of the test";
const profiles = { jaeger: {}, lightstep: { COMPOSE_PROFILES: "lightstep", LIGHTSTEP_ACCESS_TOKEN: TOKEN } };
const WORKLOADS = ["details-v1", "productpage-v1", "ratings-v1", "reviews-v1", "reviews-v2", "reviews-v3"];

const missing = await findGo().then(
  () => undefined,
  (error: unknown) => {
    if (!(error instanceof ToolMissing)) throw error;
    console.error(`skipped: docker-compose.yaml: ${error.message}`);
    return error.message;
  },
);

describe("docker-compose.yaml", { skip: missing }, () => {
  test("starts an application and an Envoy for each workload, and what its profile needs for spans", async () => {
    const common = ["ingress", ...WORKLOADS, ...WORKLOADS.map((name) => `${name}-envoy`)];
    assert.deepEqual(Object.keys(await composeServices()).sort(), [...common, "jaeger", "otel-collector"].sort());
    assert.deepEqual(Object.keys(await composeServices(profiles.lightstep)).sort(), common.sort());
  });

  test("pins every image by a version, and all but Bookinfo's by a digest too", async () => {
    for (const { image } of Object.values(await composeServices())) {
      assert.match(image, /:v?\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?$/);
      if (!image.includes("/examples-bookinfo-")) assert.match(image, /@sha256:/);
    }
  });

  test("has the images that docs/docker-compose.md lists", async () => {
    const text = readFileSync(new URL("../../docs/docker-compose.md", import.meta.url), "utf8");
    const listed = [...text.matchAll(/^\|[^|]*\| .*`([\w/*-]+)` +\|/gm)].map(([, image = ""]) =>
      image.replace("*", ""),
    );
    assert.ok(listed.length >= 5);
    const used = Object.values(await composeServices()).map(({ image }) => image);
    for (const image of listed)
      assert.ok(
        used.some((each) => each.includes(image)),
        `${image} is in none of ${used.join(", ")}`,
      );
    for (const image of used)
      assert.ok(
        listed.some((each) => image.includes(each)),
        `${image} is not listed`,
      );
  });

  test("mounts only what is there", async () => {
    for (const environment of Object.values(profiles)) {
      for (const [name, { volumes = [] }] of Object.entries(await composeServices(environment))) {
        for (const { source } of volumes) assert.ok(existsSync(source), `${name} mounts ${source}`);
      }
    }
  });

  test("opens ports only to this machine", async () => {
    for (const [name, { ports = [] }] of Object.entries(await composeServices()))
      for (const port of ports) assert.equal(port.host_ip, "127.0.0.1", name);
  });

  test("gives each Envoy the network of its application", async () => {
    const services = await composeServices();
    for (const name of WORKLOADS) {
      const envoy = services[`${name}-envoy`];
      assert.ok(envoy);
      assert.equal(networkOf(`${name}-envoy`, envoy), name);
    }
  });

  test("gives the token only to Envoys, and holds none", async () => {
    for (const [name, { environment = {} }] of Object.entries(await composeServices(profiles.lightstep)))
      assert.equal(Object.values(environment).includes(TOKEN), name === "ingress" || name.endsWith("-envoy"), name);
    assert.equal((await composeServices()).ingress?.environment?.LIGHTSTEP_ACCESS_TOKEN, "");
  });
});

describe("docker-compose.yaml, run without containers,", { skip: missing, timeout: 600_000 }, () => {
  test("Envoy accepts every configuration", async () => {
    for (const environment of Object.values(profiles)) {
      const containers = new Containers(await composeServices(environment), outside(1, 1), "", 30);
      try {
        for (const [name, service] of containers.named("envoyproxy/envoy")) {
          const { config, more } = containers.envoyCommand(name, service);
          const { code, output } = await run(
            await envoyBinary,
            ["--mode", "validate", "-c", config, ...more],
            process.env,
          );
          assert.equal(code, 0, `${name}: ${output}`);
        }
      } finally {
        await containers.stop();
      }
    }
  });

  test("page views are whole traces in Jaeger's stand-in, through a real Collector", async () => {
    const jaeger = await startSatellite();
    const services = await composeServices();
    await upAndRunning(services, outside(jaeger.port, 1), "", 31, jaeger, () => {
      assert.deepEqual([...jaeger.counts.reportsByFormat.keys()], ["otlp/http"]);
    });
  });

  test("page views are whole traces at Lightstep's address, over TLS, with the token", async () => {
    const lightstep = await startSatellite();
    const tls = await startTls(lightstep.port);
    try {
      const services = await composeServices(profiles.lightstep);
      await upAndRunning(services, outside(1, tls.port), tls.ca, 32, lightstep, () => {
        assert.deepEqual([...lightstep.counts.reportsByFormat.keys()], ["lightstep/http"]);
        assert.equal(lightstep.counts.tokensSeen.header, lightstep.counts.reports);
      });
    } finally {
      tls.close();
    }
  });
});

test("without a token the page works, and each Envoy's log says what is missing", { skip: missing }, async () => {
  const containers = new Containers(await composeServices({ COMPOSE_PROFILES: "lightstep" }), outside(1, 1), "", 33);
  try {
    await containers.start();
    await during(containers.envoys, async () => {
      await visit(`http://${containers.addressOf("ingress")}:8080/productpage`);
      for (const { name, log } of containers.envoys)
        assert.match(
          log(),
          /configuration refused: collector\.access_token_env: LIGHTSTEP_ACCESS_TOKEN is not set/,
          name,
        );
    });
  } finally {
    await containers.stop();
  }
});

/** Endpoints that are not among the containers that we run. */
function outside(jaeger: number, lightstep: number): Elsewhere {
  const host = "127.0.0.1";
  return { "jaeger:4318": { host, port: jaeger }, "collector.lightstep.com:443": { host, port: lightstep } };
}

/** Starts everything, views the page until each version of reviews has answered, and checks each trace. */
async function upAndRunning(
  services: Services,
  elsewhere: Elsewhere,
  ca: string,
  block: number,
  backend: Satellite,
  check: () => void,
): Promise<void> {
  const containers = new Containers(services, elsewhere, ca, block);
  try {
    await containers.start();
    await during(containers.envoys, async () => {
      const slowness = new Map<string, number>();
      for (let views = 0; views < 12 && slowness.size < 3; views++) {
        const { traceId } = await visit(`http://${containers.addressOf("ingress")}:8080/productpage`);
        const trace = await wholeTrace(backend, traceId);
        const reviews = trace.spans.find(({ service, kind }) => service === "reviews" && kind === "server");
        assert.deepEqual(shapeOf(trace), expectedShape(reviews?.version ?? "none"));
        slowness.set(reviews?.version ?? "none", reviews?.durationMicros ?? 0);
      }
      assert.deepEqual([...slowness.keys()].sort(), ["v1", "v2", "v3"]);
      for (const [version, micros] of slowness)
        assert.equal(micros > 1_000_000, version === "v3", `${version}: ${micros} µs`);
      const counts = await account(containers.envoys);
      assert.equal(counts.spans_dropped, 0);
      check();
    });
  } finally {
    await containers.stop();
    await backend.close();
  }
}

async function wholeTrace({ store }: Satellite, traceId: string): Promise<Trace> {
  return eventually(`trace ${traceId}`, () => {
    const trace = store.get(traceId);
    const version = trace?.spans.find(({ service, kind }) => service === "reviews" && kind === "server")?.version;
    return trace && version && trace.spans.length >= expectedShape(version).length ? trace : undefined;
  });
}

/** Each span as its path from the root. */
function shapeOf({ spans }: Trace): string[] {
  const way = (span: Span | undefined): string =>
    span === undefined
      ? ""
      : `${way(spans.find(({ spanId }) => spanId === span.parentId))}/${span.kind} ${span.service} ${span.operation}`;
  return spans.map(way).sort();
}

function expectedShape(version: string): string[] {
  const shape: string[] = [];
  const call = (above: string, caller: string, callee: string, ...next: string[]): void => {
    const client = `${above}/client ${caller} ${callee}:9080`;
    // The callee's Envoy uses its virtual host, not a host that callers choose.
    const server = `${client}/server ${callee} application`;
    shape.push(client, server);
    if (callee === "productpage") for (const each of ["details", "reviews"]) call(server, callee, each);
    else if (callee === "reviews" && version !== "v1") call(server, callee, "ratings", ...next);
  };
  call("", "ingress", "productpage");
  return shape.sort();
}

/** Lightstep's endpoint as far as TLS goes: a fresh certificate with its name, in front of `port`. */
async function startTls(port: number): Promise<{ port: number; ca: string; close(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "lightspan-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=collector.lightstep.com", "-addext", "subjectAltName=DNS:collector.lightstep.com"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", key, "-out", cert], { stdio: "pipe" });
  const server: Server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    const onward = connect(port, "127.0.0.1");
    socket
      .on("error", () => onward.destroy())
      .pipe(onward)
      .on("error", () => socket.destroy())
      .pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return {
    port: address.port,
    ca: cert,
    close() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

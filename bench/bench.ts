// The ground that everything is measured on: the service behind the Envoys, the load generator and the collectors, each
// in a process of its own; and the Envoys under measurement. Knows how to start and stop them, not what is measured.
import { setTimeout as sleep } from "node:timers/promises";
import { services, workload } from "../demo/topology.ts";
import { inboundListener, sidecar } from "../runner/config/mesh.ts";
import { startEnvoy, type EnvoyProcess } from "../runner/process.ts";
import type { Collectors } from "./collector/main.ts";
import type { Tally } from "./collector/intake.ts";
import { startUpstream, type Upstream } from "./envoys/upstream.ts";
import type { Variant } from "./envoys/variant.ts";
import { Helper } from "./helper.ts";
import type { Generator } from "./load/main.ts";
import { residentBytes, workersOf } from "./measure/process.ts";

/** An Envoy under measurement. */
export interface Subject {
  readonly variant: Variant;
  readonly envoy: EnvoyProcess;
  readonly port: number;
  /** Port of its collector; 0 if it has none. */
  readonly collector: number;
  /** Bytes resident before the first request. */
  readonly memoryAtStart: number;
  /** Requests that it got so far. */
  requests: number;
}

/** What became of a subject's spans. */
export interface Receipt extends Tally {
  expected: number;
}

const SPANS_RECORDED = "wasmcustom.lightspan.spans_recorded";
const ALLOCATED = "server.memory_allocated";
const SPANS_UNSAMPLED = "wasmcustom.lightspan.spans_unsampled";

export class Bench {
  readonly load = new Helper<Generator>(new URL("load/main.ts", import.meta.url));
  readonly collectors = new Helper<Collectors>(new URL("collector/main.ts", import.meta.url));

  private constructor(
    private readonly binary: string,
    private readonly upstream: Upstream,
  ) {}

  /** Starts all but the Envoys under measurement; `binary` is Envoy, `measured` what becomes one that is measured. */
  static async open(binary: string, measured = binary): Promise<Bench> {
    return new Bench(measured, await startUpstream(binary));
  }

  /** Starts one Envoy for each variant, and sees that it is Envoy itself whose CPU time will be read. */
  async start(variants: Variant[], concurrency = 1): Promise<Subject[]> {
    const subjects: Subject[] = [];
    // Two at a time: starting compiles the module, and too many at once get in each other's way.
    for (let i = 0; i < variants.length; i += 2) {
      const pair = variants.slice(i, i + 2).map((variant) => this.#startOne(variant, concurrency));
      subjects.push(...(await Promise.all(pair)));
    }
    return subjects;
  }

  /** Bytes that the allocator of `subject` has given out, by Envoy's own account; it is a few seconds old. */
  async allocated({ envoy }: Subject): Promise<number> {
    return (await envoy.stats(ALLOCATED)).get(ALLOCATED) ?? NaN;
  }

  /** Waits for the last spans of `subject`, and tells what its collector got. Null if it reports nothing. */
  async receipt(subject: Subject): Promise<Receipt | null> {
    const { variant, collector } = subject;
    if (variant.format === null) return null;
    const deadline = Date.now() + variant.flushMs + 2000;
    let expected = await this.#expected(subject);
    while (Date.now() < deadline) {
      if (expected.isFinal && (await this.collectors.ask("spans", collector)) >= expected.spans) break;
      await sleep(100);
      expected = await this.#expected(subject);
    }
    return { ...(await this.collectors.ask("tally", collector)), expected: expected.spans };
  }

  async stop(subjects: Subject[]): Promise<void> {
    await Promise.all(subjects.map(({ envoy }) => envoy.stop()));
    for (const { collector } of subjects) if (collector !== 0) await this.collectors.ask("close", collector);
  }

  async close(): Promise<void> {
    await this.upstream.envoy.stop();
    this.load.stop();
    this.collectors.stop();
  }

  /** How many spans there must be; not final while Lightspan has not told all its counts yet. */
  async #expected({ variant, envoy, requests }: Subject): Promise<{ spans: number; isFinal: boolean }> {
    if (variant.spans !== "some") return { spans: variant.spans === "each" ? requests : 0, isFinal: true };
    const counts = await envoy.stats("wasmcustom.lightspan.");
    const recorded = counts.get(SPANS_RECORDED) ?? 0;
    return { spans: recorded, isFinal: recorded + (counts.get(SPANS_UNSAMPLED) ?? 0) >= requests };
  }

  async #startOne(variant: Variant, concurrency: number): Promise<Subject> {
    const collector = variant.format === null ? 0 : await this.collectors.ask("open", variant.format);
    const config = {
      ...sidecar({
        workload: workload("reviews-v1"),
        lightspan: variant.wasm === undefined ? null : { wasm: variant.wasm.path, config: variant.wasm.config },
        inbound: { service: services.reviews, app: { host: "127.0.0.1", port: this.upstream.port } },
        ...(collector === 0 ? {} : { collector: { host: "127.0.0.1", port: collector } }),
        connectionManager: variant.connectionManager,
      }),
      ...variant.bootstrap,
    };
    const envoy = await startEnvoy({
      binary: this.binary,
      name: variant.name,
      config,
      concurrency,
      logLevel: "error",
      // Under valgrind, on a busy machine, a minute is not enough.
      readyTimeoutMs: 180_000,
    });
    if (workersOf(envoy.pid) !== concurrency) {
      throw new Error(
        `process ${envoy.pid} is not Envoy itself: ENVOY_BIN must name the program, not a script around it`,
      );
    }
    const port = await envoy.listenerPort(inboundListener);
    return { variant, envoy, port, collector, memoryAtStart: residentBytes(envoy.pid), requests: 0 };
  }
}

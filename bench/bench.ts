// The test bed: the Envoys under measurement, and their upstream, load generator and collectors, each in its own
// process. Knows how to start and stop them, not what is measured.
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
  /** Requests sent to it so far. */
  requests: number;
}

/** The collector's account of a subject's spans. */
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

  /**
   * Starts everything but the Envoys under measurement. `binary` is Envoy; `measured` is run for those under
   * measurement.
   */
  static async open(binary: string, measured = binary): Promise<Bench> {
    return new Bench(measured, await startUpstream(binary));
  }

  /** Starts one Envoy per variant. Throws if a process is not Envoy itself, whose CPU time is read. */
  async start(variants: Variant[], concurrency = 1): Promise<Subject[]> {
    const subjects: Subject[] = [];
    // Two at a time: each start compiles the module, and more would slow each other down.
    for (let i = 0; i < variants.length; i += 2) {
      const pair = variants.slice(i, i + 2).map((variant) => this.#startOne(variant, concurrency));
      subjects.push(...(await Promise.all(pair)));
    }
    return subjects;
  }

  /** Bytes that the allocator of `subject` has handed out, as Envoy reports them; a few seconds old. */
  async allocated({ envoy }: Subject): Promise<number> {
    return (await envoy.stats(ALLOCATED)).get(ALLOCATED) ?? NaN;
  }

  /** Waits for the last spans of `subject` and returns what its collector received. Null if it reports nothing. */
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

  /** How many spans are expected; not final until Lightspan has published all its counts. */
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

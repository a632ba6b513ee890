// One Envoy full of probes, and another that is its HTTP/3 client: sends a case over a protocol and collects what the
// probes logged about it. Knows how to wait for the log; refuses to know what is asked.
import { setTimeout as sleep } from "node:timers/promises";
import { bootstrap } from "../../../runner/config/bootstrap.ts";
import { startEnvoy, type EnvoyProcess } from "../../../runner/process.ts";
import { startUpstreams } from "../../envoy/equality/upstream.ts";
import { Visit } from "../../envoy/equality/visit.ts";
import { eventually } from "../../wait.ts";
import { startHttp3Client, type Http3Client } from "../../envoy/http3/http3.ts";
import type { CompiledProbe } from "../probe/compile.ts";
import { clustersOf, http3Name, listenersOf, sentinelPath } from "./config.ts";
import type { Facts } from "./table.ts";

export const protocols = ["HTTP/1", "HTTP/2", "HTTP/3"] as const;
export type Protocol = (typeof protocols)[number];

/** A probe's log entry for one callback. */
export interface Entry {
  plugin: string;
  context: number;
  callback: string;
  /** The answers, by verb and arguments: `get response.code`. */
  answers: Map<string, string>;
}

const entryLine = /probe (\S+) (\d+) (\w+)((?: \| .*)?)$/;

export function entriesOf(log: string): Entry[] {
  return log.split("\n").flatMap((line): Entry[] => {
    const [, plugin, context, callback, rest = ""] = entryLine.exec(line) ?? [];
    if (plugin === undefined || callback === undefined) return [];
    const pairs = rest.split(" | ").slice(1);
    const answers = new Map(pairs.map((pair) => [pair.split(" = ")[0] ?? "", pair.split(" = ").slice(1).join(" = ")]));
    return [{ plugin, context: Number(context), callback, answers }];
  });
}

/** The entries of each stream, in order of creation, without the sentinel. */
export function streamsOf(entries: Entry[]): Entry[][] {
  const streams = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = `${entry.plugin} ${entry.context}`;
    streams.set(key, [...(streams.get(key) ?? []), entry]);
  }
  // A stream without a beginning is the end of an earlier one that was logged late.
  return [...streams.values()].filter((stream) => stream[0]?.callback === "create" && !stream.some(isSentinel));
}

const isSentinel = ({ answers }: Entry): boolean => answers.get("header 0 :path") === `"${sentinelPath}"`;

const ids = { traceId: "1".repeat(32), parentId: "1".repeat(16), requestId: "00000000-0000-4000-8000-000000000001" };

/** How long a case waits for the expected value, and all cases of an Envoy together, so that many changes end too. */
const patienceMs = 60_000;
const patienceOfAllMs = 180_000;

export class Ground {
  private spentMs = 0;

  private constructor(
    readonly envoy: EnvoyProcess,
    readonly client: Http3Client,
    /** The facts of the table. A measurement waits for these, but not forever. */
    readonly expected: Facts,
    private readonly ports: Map<string, number>,
    private readonly close: () => void,
  ) {}

  static async start(binary: string, version: string, probe: CompiledProbe, expected: Facts): Promise<Ground> {
    const upstreams = await startUpstreams();
    const envoys: { stop(): Promise<void> }[] = [];
    try {
      const listeners = listenersOf(probe);
      const config = bootstrap({ id: "probe", cluster: "tests" }, listeners, clustersOf(probe, upstreams));
      const extraArgs = ["--file-flush-interval-msec", "10"];
      const envoy = await startEnvoy({ binary, name: `envoy-${version}`, config, extraArgs });
      envoys.push(envoy);
      const ports = new Map<string, number>();
      for (const { name } of listeners) ports.set(String(name), await envoy.listenerPort(String(name)));
      const isHttp3 = ([name]: [string, number]): boolean => name.endsWith(http3Name(""));
      const client = await startHttp3Client({ to: Object.fromEntries([...ports].filter(isHttp3)), binary });
      return new Ground(envoy, client, expected, ports, () => upstreams.close());
    } catch (error) {
      await Promise.all(envoys.map((envoy) => envoy.stop()));
      upstreams.close();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.client.stop(), this.envoy.stop()]);
    this.close();
  }

  visit(listener: string, protocol: Protocol): Visit {
    const isHttp3 = protocol === "HTTP/3";
    const port = isHttp3 ? this.client.port(http3Name(listener)) : this.ports.get(listener);
    if (port === undefined) throw new Error(`no listener ${listener}`);
    return new Visit("127.0.0.1", port, ids);
  }

  /** A request over any protocol; HTTP/3 is requested as HTTP/2. Returns what was received. */
  async request(listener: string, protocol: Protocol, path: string, headers = {}, method = "GET"): Promise<string> {
    const visit = this.visit(listener, protocol);
    if (protocol === "HTTP/1") return visit.talk(visit.head(method, path, headers));
    await visit.http2({ ":method": method, ":path": path, ...headers });
    return "";
  }

  /** Returns a function that returns everything logged since. */
  listen(): () => string {
    const mark = this.envoy.log().slice(-400);
    return () => this.envoy.log().slice(mark === "" ? 0 : this.envoy.log().lastIndexOf(mark) + mark.length);
  }

  /** Waits until everything sent so far is processed and logged, by sending a sentinel after it. */
  async settle(listener: string, protocol: Protocol, since: () => string = this.listen()): Promise<void> {
    const isGone = (): true | undefined => {
      const entries = entriesOf(since());
      const sentinel = entries.find(isSentinel);
      return entries.some((each) => each.context === sentinel?.context && each.callback === "delete") || undefined;
    };
    await this.request(listener, protocol, sentinelPath);
    await eventually(`the sentinel on ${listener}, ${protocol}`, isGone);
  }

  /** Calls `send`, then applies `read` to the log until `isWanted` accepts the value or patience runs out. */
  async observe<T>(
    listener: string,
    protocol: Protocol,
    send: (since: () => string) => Promise<unknown>,
    read: (log: string) => T,
    isWanted: (value: T) => boolean,
  ): Promise<T> {
    const since = this.listen();
    await send(since).catch(() => undefined);
    await this.settle(listener, protocol, since);
    const begin = Date.now();
    // With an empty table, everything is new.
    const patience = this.expected.size === 0 ? 400 : Math.min(patienceMs, patienceOfAllMs - this.spentMs);
    for (;;) {
      const value = read(since());
      if (isWanted(value)) return value;
      if (Date.now() - begin >= patience) {
        this.spentMs += patience;
        return value;
      }
      await sleep(10);
    }
  }
}

/** Resolves when a probe (named `plugin`, if given) has logged the callback since. */
export function hears(since: () => string, callback: string, plugin = "\\S+"): () => Promise<unknown> {
  const line = new RegExp(`probe ${plugin} \\d+ ${callback}( |$)`, "m");
  return () => eventually(`the callback ${callback}`, () => line.test(since()) || undefined);
}

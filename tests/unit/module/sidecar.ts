// A sidecar in the mock host: Lightspan is loaded, configured and given whole requests. After every step it checks the
// invariants: the account balances, no more reports are in flight than there are collectors, and no timer outlives its
// root context.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decodeReport } from "../../../satellite/receive/lightstep.ts";
import type { Report, ReportedSpan } from "../../../satellite/store/report.ts";
import type { Headers } from "../../host/headers.ts";
import { Host } from "../../host/host.ts";
import type { Answer, Ended, HostOptions } from "../../host/options.ts";
import { accountOf, assertBalanced, count, type Account } from "./account.ts";
import { readReport, type Reading } from "./reading.ts";
import { ANSWERED, OK, SAMPLED } from "./requests.ts";

const path = fileURLToPath(new URL("../../../build/lightspan.wasm", import.meta.url));
if (!existsSync(path)) throw new Error(`${path} is missing: npm run build`);
/** The release build. */
export const lightspan: Uint8Array = readFileSync(path);

/** Root contexts, with the number that the direction of their listeners has in Envoy. */
export const INBOUND = 1;
export const OUTBOUND = 2;

export type Changes = Record<string, Record<string, unknown>>;

/** A configuration as JSON: the cluster `lightstep`, and `changes` by section. */
export function configuration(changes: Changes = {}): string {
  return JSON.stringify({ ...changes, collector: { cluster: "lightstep", ...changes.collector } });
}

/** The course of a request; everything has a default. */
export interface Exchange extends Ended {
  root?: number;
  headers?: Headers;
  /** The request has no body; the default. */
  endOfStream?: boolean;
}

export const NODE = {
  xds: {
    node: {
      id: "sidecar~172.17.0.17~reviews-v3-78f7bbb948-2mb96.default~default.svc.cluster.local",
      cluster: "reviews.default",
      metadata: { LABELS: { app: "reviews", version: "v3" }, NAMESPACE: "default" },
    },
  },
};

const HOUR = 3_600_000;

export class Sidecar {
  /** How many reports may be in flight at once. */
  collectors = 1;

  private constructor(readonly host: Host) {}

  /** A VM without a configuration. */
  static async bare(options: HostOptions = {}): Promise<Sidecar> {
    return new Sidecar(await Host.load(lightspan, { node: NODE, ...options }));
  }

  /** A VM with an inbound listener. */
  static async start(changes: Changes = {}, options: HostOptions = {}): Promise<Sidecar> {
    const sidecar = await Sidecar.bare(options);
    sidecar.configure(INBOUND, changes);
    return sidecar;
  }

  configure(root: number, changes: Changes = {}): void {
    const direction = root === OUTBOUND ? OUTBOUND : INBOUND;
    const accepted = this.host.configure(root, configuration(changes), { xds: { listener_direction: direction } });
    assert.ok(accepted, this.host.logs.at(-1)?.text);
    this.check();
  }

  /** Sends one whole request, by default sampled by its caller. Returns its headers as sent on. */
  request({ root = INBOUND, headers = SAMPLED, endOfStream = true, ...end }: Exchange = {}): Map<string, string> {
    const stream = this.host.openStream(root);
    const sentOn = this.host.requestHeaders(stream, headers, endOfStream);
    this.host.log(stream, { responseHeaders: ANSWERED, properties: OK, ...end });
    this.host.done(stream);
    this.check();
    return new Map(sentOn);
  }

  requests(times: number, exchange: Exchange = {}): void {
    for (let i = 0; i < times; i++) this.request(exchange);
  }

  tick(root = INBOUND): void {
    this.host.tick(root);
    this.check();
  }

  /** Lets time pass: the timer of `root` fires whenever it is due. */
  pass(milliseconds: number, root = INBOUND): void {
    const end = this.host.now + milliseconds;
    for (let period = this.host.tickPeriod(root); period > 0; period = this.host.tickPeriod(root)) {
      if (this.host.now + period > end) break;
      this.host.now += period;
      this.tick(root);
    }
    this.host.now = end;
  }

  /** Lets time pass until the next report is sent. Returns the time in milliseconds. */
  untilNextCall(root = INBOUND): number {
    const { host } = this;
    const before = host.now;
    for (const calls = host.calls.length; host.calls.length === calls;) {
      const period = host.tickPeriod(root);
      assert.ok(period > 0 && host.now - before < 2 * HOUR, `a report sets out within ${host.now - before} ms`);
      this.pass(period, root);
    }
    return host.now - before;
  }

  /** Answers the report in flight. */
  answer(answer: Answer = { status: 200 }): void {
    const call = this.host.inFlight[0];
    assert.ok(call, "a report is under way");
    this.host.answer(call.token, answer);
    this.check();
  }

  done(root: number): boolean {
    const agreed = this.host.done(root);
    this.check();
    return agreed;
  }

  /** All reports so far, decoded. */
  get reports(): Report[] {
    return this.host.calls.map((call) => decodeReport(call.body));
  }

  /** All reports so far, in any format. */
  get readings(): Reading[] {
    return this.host.calls.map(readReport);
  }

  /** Sends all spans, to a collector that accepts them. Returns all reported spans, with their reporter's tags too. */
  spans(): ReportedSpan[] {
    this.tick();
    while (this.host.inFlight.length > 0) this.answer();
    assertBalanced(this.host, this.host.openStreams);
    return this.reports.flatMap(({ reporterTags, spans }) =>
      spans.map((span) => ({ ...span, tags: { ...reporterTags, ...span.tags } })),
    );
  }

  /** The number of spans in each report so far. */
  get spansPerReport(): number[] {
    return this.reports.map((report) => report.spans.length);
  }

  /** The counts published so far: at ticks, at answers, and at the end of the last root context. */
  get account(): Account {
    return accountOf(this.host);
  }

  count(name: string): number {
    return count(this.host, name);
  }

  /** Log lines of the level. */
  lines(level: string): string[] {
    return this.host.logs.filter((line) => line.level === level).map((line) => line.text);
  }

  private check(): void {
    assertBalanced(this.host);
    const underWay = this.host.inFlight.length;
    if (underWay > this.collectors) assert.fail(`${underWay} reports are under way`);
    if (this.host.strayTimers.length > 0) assert.fail("a timer outlives its root context");
  }
}

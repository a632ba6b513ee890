// A random walk over everything that Envoy can do to the module, with faults on the way. Envoy could take each of the
// steps. The walk also counts the sent spans itself, from the reports and their answers.
import assert from "node:assert/strict";
import { Host } from "../../../host/host.ts";
import type { Answer, Ended } from "../../../host/options.ts";
import { Random } from "../../../host/random.ts";
import { OK as PASS } from "../../../host/status.ts";
import type { HttpCall } from "../../../host/vm.ts";
import { assertBalanced } from "../account.ts";
import { field } from "../protobuf.ts";
import { framed, readReport, type Reading } from "../reading.ts";
import { ANSWERED, OK, request } from "../requests.ts";
import { configuration, lightspan, NODE, type Changes } from "../sidecar.ts";

/** Collectors of each format, one of which does not exist. */
const CONFIGURATIONS: Changes[] = [
  { collector: { cluster: "a" }, buffer: { max_bytes: 65536, flush_spans: 20 } },
  {
    collector: { cluster: "b", access_token: "t" },
    buffer: { flush_spans: 3 },
    sampling: { rate: 0.5, keep_errors: true },
  },
  {
    collector: { cluster: "c", transport: "grpc" },
    buffer: { max_bytes: 65536, flush_spans: 9 },
    retry: { attempts: 2, base_ms: 5 },
  },
  {
    collector: { cluster: "d", protocol: "otlp", compression: "deflate" },
    buffer: { flush_spans: 5 },
    propagation: { inject: ["b3", "tracecontext"] },
    sampling: {
      ...{
        rules: [
          { header: { name: "tracestate" }, rate: 1 },
          { path_prefix: "/reviews", rate: 0.5 },
        ],
        rate: 0,
      },
      ...{ tracestate: true, keep_errors: true, keep_slower_than_ms: 1000, max_traces_per_second: 20 },
    },
  },
  {
    collector: { cluster: "e", protocol: "otlp", transport: "grpc" },
    buffer: { flush_spans: 7 },
    retry: { max_ms: 300 },
  },
  {
    collector: { cluster: "f", protocol: "zipkin" },
    buffer: { max_bytes: 65536 },
    retry: { attempts: 1, base_ms: 1, max_ms: 1 },
  },
  {
    collector: { cluster: "nowhere" },
    sampling: { max_traces_per_second: 10 },
    propagation: { inject: ["tracecontext"] },
  },
];

/** An answer, and how many of a report's spans the collector took. */
interface Reply {
  answer: Answer;
  taken(report: Reading): number;
}

const OVER = [["grpc-status", "0"]] as const;
/** ReportResponse { errors: ["no"] }; in OTLP, not a field at all. */
const ERRORS = field(4, "no");
/** ExportTraceServiceResponse { partial_success: { rejected_spans: 2 } }; in Lightstep, a Command to stop. */
const TWO_REJECTED = field(1, field(1, 2));

const all = (report: Reading) => report.spans.length;
const none = () => 0;
const overHttp = (report: Reading) => (report.isGrpc ? 0 : report.spans.length);

const TAKEN: Reply = { answer: { status: 200, trailers: OVER }, taken: all };

const REPLIES: Reply[] = [
  TAKEN,
  TAKEN,
  { answer: { status: 200 }, taken: overHttp },
  { answer: { status: 202 }, taken: overHttp },
  { answer: { status: 204, body: "\xff\xff" }, taken: overHttp },
  { answer: { status: 400 }, taken: none },
  { answer: { status: 413 }, taken: none },
  { answer: { status: 503, body: "busy" }, taken: none },
  { answer: { status: 429, headers: [["retry-after", "2"]] }, taken: none },
  { answer: "reset", taken: none },
  ...["1", "3", "8", "14"].map((code) => ({
    answer: { status: 200, trailers: [["grpc-status", code]] } as const,
    taken: overHttp,
  })),
  {
    answer: { status: 200, body: ERRORS, trailers: OVER },
    taken: (report) => (report.format === "lightstep" && !report.isGrpc ? 0 : report.spans.length),
  },
  {
    answer: { status: 200, body: framed(ERRORS), trailers: OVER },
    taken: (report) => (report.format === "lightstep" && report.isGrpc ? 0 : report.spans.length),
  },
  {
    answer: { status: 200, body: TWO_REJECTED, trailers: OVER },
    taken: (report) => (report.format === "otlp" && !report.isGrpc ? Math.max(0, all(report) - 2) : all(report)),
  },
];

/** Envoy's answer to a call after timeout_ms without one. */
const TIMED_OUT: Reply = { answer: { status: 504 }, taken: none };

/** The most root contexts alive at once, and the most streams open at once. */
const MAX_ROOTS = 5;
const MAX_STREAMS = 50;

export class Walk {
  /** Spans that a collector took. */
  accepted = 0;
  reports = 0;
  private roots: number[] = [];
  private streams: number[] = [];
  /** The streams whose request headers came. */
  private readonly seen = new Set<number>();
  private nextRoot = 1;
  /** When each call was made. */
  private readonly madeAt = new Map<number, number>();

  private constructor(
    readonly host: Host,
    private readonly random: Random,
    private readonly faults: readonly string[],
  ) {}

  /** `faults` are the host calls that may fail. */
  static async begin(seed: number, faults: readonly string[]): Promise<Walk> {
    const host = await Host.load(lightspan, { node: NODE, clusters: ["a", "b", "c", "d", "e", "f"], seed });
    const walk = new Walk(host, new Random(seed), faults);
    walk.addRoot();
    return walk;
  }

  step(): void {
    const dice = this.random.below(1000);
    if (dice < 300) this.openStream();
    else if (dice < 550) this.requestHeaders();
    else if (dice < 830) this.endStream();
    else if (dice < 900) this.tick();
    else if (dice < 958) this.answer(this.random.pick(REPLIES));
    else if (dice < 960) this.strayAnswer();
    else if (dice < 970) this.addRoot();
    else if (dice < 974) this.endRoot();
    else if (dice < 990) this.advance(this.random.below(this.random.once(4) ? 20_000 : 500));
    else if (dice < 992) this.host.now -= this.random.below(15_000);
    else this.changeFaults();
    const clusters = this.host.inFlight.map((call) => call.cluster);
    // Without a clock, the module may think a call overdue that Envoy has not ended yet.
    if (!this.faults.includes("proxy_get_current_time_nanoseconds"))
      assert.equal(new Set(clusters).size, clusters.length, "one report is under way to each collector");
    for (const { token } of this.host.inFlight) if (!this.madeAt.has(token)) this.madeAt.set(token, this.host.now);
    if (this.tellsAll && this.host.metrics.size > 0) assertBalanced(this.host);
    if (this.faults.length === 0) assert.deepEqual(this.host.strayTimers, [], "a timer outlives its root context");
  }

  /** No fault keeps the module from publishing its counts, so the account balances after every step. */
  private get tellsAll(): boolean {
    return !this.faults.some((name) => name.endsWith("_metric"));
  }

  /** Lets time pass. Envoy ends the calls whose time is up. */
  private advance(milliseconds: number): void {
    this.host.now += milliseconds;
    for (const call of this.host.inFlight) {
      const age = this.host.now - (this.madeAt.get(call.token) ?? this.host.now);
      if (age > call.timeoutMs) this.answer(TIMED_OUT, call);
    }
  }

  /** Stops all faults, ends every stream, answers every report and ends every root context. */
  end(): void {
    this.host.obey();
    while (this.streams.length > 0) this.endStream();
    if (this.roots.length === 0) this.addRoot();
    // A request starts each timer, and the tick publishes the counts.
    while (this.roots.length > 0) {
      this.openStream(this.roots[0]);
      this.endStream();
      this.host.tick(this.roots[0] as number);
      this.endRoot(0);
    }
    while (this.host.inFlight.length > 0) this.answer(TAKEN);
  }

  private openStream(root = this.roots.length > 0 ? this.random.pick(this.roots) : undefined): void {
    if (root === undefined || this.streams.length >= MAX_STREAMS) return;
    this.streams.push(this.host.openStream(root));
  }

  private headers(): [string, string][] {
    const { random } = this;
    const id = () => (random.once(20) ? random.bytes(random.below(40)) : random.hex(random.pick([16, 32, 16, 8])));
    const decision = random.pick(["0", "1", "1", "1", "d", "true", "", "x"]);
    const traceId = random.hex(32);
    const more: Record<string, string>[] = [
      {},
      { b3: `${random.hex(32)}-${random.hex(16)}-${decision}` },
      { b3: random.bytes(random.below(80)) },
      { "x-b3-traceid": id(), "x-b3-spanid": id(), "x-b3-sampled": decision },
      { "x-b3-sampled": decision, "x-b3-flags": random.pick(["0", "1"]) },
      { traceparent: `00-${random.hex(32)}-${random.hex(16)}-0${random.below(4)}`, tracestate: `a=${random.bytes(5)}` },
      {
        ...{ b3: `${traceId}-${random.hex(16)}`, traceparent: `00-${traceId}-${random.hex(16)}-00` },
        tracestate: `a=1, ot=th:${random.bytes(random.below(3))};rv:${random.hex(14)},${random.bytes(random.below(300))}`,
      },
      { "user-agent": random.bytes(random.pick([10, 100, 5_000])), "content-type": "application/grpc" },
    ];
    return random.once(8) ? request() : request(random.pick(more));
  }

  private requestHeaders(): void {
    if (this.streams.length === 0) return;
    const stream = this.random.pick(this.streams);
    if (!this.seen.has(stream)) this.host.requestHeaders(stream, this.headers());
    this.seen.add(stream);
  }

  private endStream(): void {
    const { random, host } = this;
    const stream = this.streams.splice(random.below(this.streams.length), 1)[0];
    if (stream === undefined) return;
    const ended: Ended = { properties: random.once(10) ? {} : OK };
    if (!random.once(3)) ended.responseHeaders = ANSWERED;
    if (random.once(10)) ended.requestHeaders = random.once(2) ? null : this.headers();
    if (random.once(10)) ended.responseTrailers = [["grpc-status", random.bytes(2)]];
    // HTTP/3 streams end without a log.
    if (!random.once(5)) host.log(stream, ended);
    host.done(stream, ended.properties);
    this.seen.delete(stream);
  }

  private tick(): void {
    if (this.roots.length > 0) this.host.tick(this.random.pick(this.roots));
  }

  private answer({ answer, taken }: Reply, to?: HttpCall): void {
    const waiting = this.host.inFlight;
    if (waiting.length === 0) return;
    const call = to ?? this.random.pick(waiting);
    const report = readReport(call);
    assert.ok(report.spans.length > 0, "no report is empty");
    this.reports++;
    this.accepted += taken(report);
    this.madeAt.delete(call.token);
    assert.ok(this.host.answer(call.token, answer));
    this.host.calls.length = 0;
    this.host.logs.length = 0;
  }

  /** An answer to a call that was already answered, or never made. */
  private strayAnswer(): void {
    if (this.roots.length === 0) return;
    const token = this.random.below(this.host.lastToken + 100);
    if (this.host.inFlight.every((call) => call.token !== token))
      this.host.strayAnswer(this.random.pick(this.roots), token, this.random.pick(REPLIES).answer);
    this.host.logs.length = 0;
  }

  private addRoot(): void {
    if (this.roots.length >= MAX_ROOTS) return;
    const root = this.nextRoot++;
    const text = this.random.once(10) ? this.random.bytes(20) : configuration(this.random.pick(CONFIGURATIONS));
    const direction = 1 + this.random.below(2);
    // The node's data are part of the reporter's identity.
    this.host.refuse("proxy_get_property", PASS);
    if (this.host.configure(root, text, { xds: { listener_direction: direction } })) this.roots.push(root);
  }

  /** Envoy ends a root context after its last stream; here some streams may remain. */
  private endRoot(index = this.random.below(Math.max(1, this.roots.length))): void {
    const root = this.roots.splice(index, 1)[0];
    if (root !== undefined) this.host.done(root);
  }

  private changeFaults(): void {
    this.host.obey();
    if (this.faults.length === 0) return;
    for (let i = this.random.below(4); i > 0; i--) {
      const status = this.random.pick([1, 2, 7, 10, 12]);
      const rarity = this.random.pick([1, 2, 10]);
      this.host.refuse(this.random.pick(this.faults), () => (this.random.once(rarity) ? status : PASS));
    }
  }
}

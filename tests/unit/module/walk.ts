// A random walk over all that Envoy can do to the module, with faults on the way. Each step is one that Envoy could take;
// what was sent is added up here as well, from the reports and their answers.
import assert from "node:assert/strict";
import { decodeReport } from "../../../satellite/receive/lightstep.ts";
import { Host } from "../../host/host.ts";
import type { Answer, Ended } from "../../host/options.ts";
import { Random } from "../../host/random.ts";
import { OK as PASS } from "../../host/status.ts";
import { ANSWERED, FRESH, OK, request } from "./requests.ts";
import { configuration, lightspan, NODE, type Changes } from "./sidecar.ts";

/** Three collectors, one of which does not exist. */
const CONFIGURATIONS: Changes[] = [
  { collector: { cluster: "a" }, buffer: { max_bytes: 65536, flush_spans: 20 } },
  { collector: { cluster: "b", access_token: "t" }, buffer: { flush_spans: 3 }, sampling: { rate: 0.5 } },
  {
    collector: { cluster: "nowhere" },
    sampling: { max_traces_per_second: 10 },
    propagation: { inject: ["tracecontext"] },
  },
];

const ANSWERS: Answer[] = [
  { status: 200 },
  { status: 202 },
  { status: 204, body: "\xff\xff" },
  { status: 400 },
  { status: 503, body: "busy" },
  "reset",
  { status: 200, body: Uint8Array.of(0x22, 2, 0x6e, 0x6f) },
];

const isAccepted = (answer: Answer) => answer !== "reset" && answer.status < 300 && answer !== ANSWERS.at(-1);

/** Root contexts alive at once, streams open at once. */
const MAX_ROOTS = 5;
const MAX_STREAMS = 50;

export class Walk {
  /** Spans in reports that a collector took. */
  accepted = 0;
  reports = 0;
  private roots: number[] = [];
  private streams: number[] = [];
  private nextRoot = 1;

  private constructor(
    readonly host: Host,
    private readonly random: Random,
    private readonly faults: readonly string[],
  ) {}

  /** `faults` are the host calls that may fail. */
  static async begin(seed: number, faults: readonly string[]): Promise<Walk> {
    const host = await Host.load(lightspan, { node: NODE, clusters: ["a", "b"], seed });
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
    else if (dice < 960) this.answer(this.random.pick(ANSWERS));
    else if (dice < 970) this.addRoot();
    else if (dice < 974) this.endRoot();
    else if (dice < 992) this.host.now += this.random.below(20_000) - (this.random.once(5) ? 15_000 : 0);
    else this.changeFaults();
    const clusters = this.host.inFlight.map((call) => call.cluster);
    assert.equal(new Set(clusters).size, clusters.length, "one report is under way to each collector");
  }

  /** No more faults; every stream ends, every report is answered, every root context goes. */
  end(): void {
    this.host.obey();
    while (this.streams.length > 0) this.endStream();
    if (this.roots.length === 0) this.addRoot();
    // A request wakes each timer, the tick publishes what was counted.
    while (this.roots.length > 0) {
      this.openStream(this.roots[0]);
      this.endStream();
      this.host.tick(this.roots[0] as number);
      this.endRoot(0);
    }
    while (this.host.inFlight.length > 0) this.answer({ status: 200 });
  }

  private openStream(root = this.roots.length > 0 ? this.random.pick(this.roots) : undefined): void {
    if (root === undefined || this.streams.length >= MAX_STREAMS) return;
    this.streams.push(this.host.openStream(root));
  }

  private headers(): [string, string][] {
    const { random } = this;
    const id = () => (random.once(20) ? random.bytes(random.below(40)) : random.hex(random.pick([16, 32, 16, 8])));
    const decision = random.pick(["0", "1", "1", "1", "d", "true", "", "x"]);
    const more: Record<string, string>[] = [
      {},
      { b3: `${random.hex(32)}-${random.hex(16)}-${decision}` },
      { b3: random.bytes(random.below(80)) },
      { "x-b3-traceid": id(), "x-b3-spanid": id(), "x-b3-sampled": decision },
      { "x-b3-sampled": decision, "x-b3-flags": random.pick(["0", "1"]) },
      { traceparent: `00-${random.hex(32)}-${random.hex(16)}-0${random.below(4)}`, tracestate: `a=${random.bytes(5)}` },
      { "user-agent": random.bytes(random.pick([10, 100, 5_000])), "content-type": "application/grpc" },
    ];
    return random.once(8) ? [...(FRESH as [string, string][])] : request(random.pick(more));
  }

  private requestHeaders(): void {
    if (this.streams.length === 0) return;
    const stream = this.random.pick(this.streams);
    this.host.requestHeaders(stream, this.headers());
  }

  private endStream(): void {
    const { random, host } = this;
    const stream = this.streams.splice(random.below(this.streams.length), 1)[0];
    if (stream === undefined) return;
    const ended: Ended = { properties: random.once(10) ? {} : OK };
    if (!random.once(3)) ended.responseHeaders = ANSWERED;
    if (random.once(10)) ended.requestHeaders = random.once(2) ? null : this.headers();
    if (random.once(10)) ended.responseTrailers = [["grpc-status", random.bytes(2)]];
    if (!random.once(50)) host.log(stream, ended);
    host.done(stream);
  }

  private tick(): void {
    if (this.roots.length > 0) this.host.tick(this.random.pick(this.roots));
  }

  private answer(answer: Answer): void {
    const waiting = this.host.inFlight;
    if (waiting.length === 0) return;
    const call = this.random.pick(waiting);
    const { spans } = decodeReport(call.body);
    assert.ok(spans.length > 0, "no report is empty");
    this.reports++;
    if (isAccepted(answer)) this.accepted += spans.length;
    assert.ok(this.host.answer(call.token, answer));
    this.host.calls.length = 0;
    this.host.logs.length = 0;
  }

  private addRoot(): void {
    if (this.roots.length >= MAX_ROOTS) return;
    const root = this.nextRoot++;
    const text = this.random.once(10) ? this.random.bytes(20) : configuration(this.random.pick(CONFIGURATIONS));
    const direction = 1 + this.random.below(2);
    // What the node says is part of who reports to a collector.
    this.host.refuse("proxy_get_property", PASS);
    if (this.host.configure(root, text, { xds: { listener_direction: direction } })) this.roots.push(root);
  }

  /** Envoy ends a root context when its last stream has gone; here some are still there. */
  private endRoot(index = this.random.below(Math.max(1, this.roots.length))): void {
    const root = this.roots.splice(index, 1)[0];
    if (root !== undefined) this.host.done(root);
  }

  private changeFaults(): void {
    this.host.obey();
    for (let i = this.random.below(4); i > 0; i--) {
      const status = this.random.pick([1, 2, 7, 10, 12]);
      const rarity = this.random.pick([1, 2, 10]);
      this.host.refuse(this.random.pick(this.faults), () => (this.random.once(rarity) ? status : PASS));
    }
  }
}

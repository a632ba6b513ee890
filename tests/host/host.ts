// A mock of Envoy's proxy-wasm host, around the compiled module, in Node. It shows what a real Envoy cannot show
// quickly: the heap after 100,000 requests, the number of host calls, a fault at an exact moment, a million odd
// headers. It answers like Envoy 1.36 to 1.40, as far as we know Envoy. tests/envoy covers what only the real host can
// show.
//
//   const host = await Host.load(bytes);
//   host.configure(1, '{"collector":{"cluster":"lightstep"}}');
//   const stream = host.openStream(1);
//   const sentOn = host.requestHeaders(stream, [[":path", "/"]]);
//   host.log(stream, { properties: { response: { code: 200 } } });
//   host.done(stream);
//   host.tick(1);
//   host.answer(host.calls[0].token, { status: 200 });
import { Entry } from "./entry.ts";
import { HeaderMap, type Header, type Headers } from "./headers.ts";
import { newShared } from "./imports/shared.ts";
import type { Answer, Ended, HostOptions } from "./options.ts";
import { NO_PROPERTIES, toProperties, type Attributes, type Properties } from "./properties.ts";
import { Random } from "./random.ts";
import type { Script } from "./tallies.ts";
import { Context, Vm, type HttpCall, type LogLine } from "./vm.ts";

/** The first stream id. Tests number root contexts themselves, below it. */
const FIRST_STREAM = 1000;

export class Host {
  private nextId = FIRST_STREAM;

  private constructor(
    private readonly vm: Vm,
    private readonly entry: Entry,
  ) {}

  /** Starts a VM. Rejects if Envoy would not start the module. */
  static async load(bytes: Uint8Array, options: HostOptions = {}): Promise<Host> {
    const { clusters, node, environment = {}, now = 1_700_000_000_000, seed = 1, shared = newShared() } = options;
    const denied = new Set(options.denied);
    const known = clusters ? new Set(clusters) : null;
    const vm = new Vm(known, toProperties(node), environment, now, new Random(seed), shared, denied);
    return new Host(vm, await Entry.open(bytes, vm));
  }

  /** Configures the root context `id`, creating it unless it is alive. `stream`: the attributes of its streams. */
  configure(id: number, text: string | Uint8Array, stream?: Properties | Attributes): boolean {
    let root = this.vm.contexts.get(id);
    if (!root) {
      root = new Context(id, null);
      this.vm.contexts.set(id, root);
      this.entry.call(root, "proxy_on_context_create", 0);
    }
    if (stream) root.streamAttributes = toProperties(stream);
    root.configuration = typeof text === "string" ? Buffer.from(text, "utf8") : text;
    const accepted = this.entry.call(root, "proxy_on_configure", 1, root.configuration.length);
    root.configuration = null;
    return accepted !== 0;
  }

  /** Begins a stream of the root context `root`. */
  openStream(root: number, attributes?: Properties | Attributes): number {
    const parent = this.context(root);
    const stream = new Context(this.nextId++, parent);
    stream.attributes = attributes ? toProperties(attributes) : parent.streamAttributes;
    this.vm.contexts.set(stream.id, stream);
    this.entry.call(stream, "proxy_on_context_create", 0, root);
    return stream.id;
  }

  /** Delivers a stream's request headers, without a body if `endOfStream`. Returns them as they are sent on. */
  requestHeaders(id: number, headers: Headers, endOfStream = true): readonly Header[] {
    const stream = this.context(id);
    const map = HeaderMap.from(headers);
    stream.sentHeaders = stream.requestHeaders = map;
    this.entry.call(stream, "proxy_on_request_headers", 0, map.headers.length, endOfStream ? 1 : 0);
    stream.requestHeaders = null;
    return map.headers;
  }

  /** Ends the stream's exchange: the access log is written. */
  log(id: number, { requestHeaders, responseHeaders, responseTrailers, properties }: Ended = {}): void {
    const stream = this.context(id);
    const headers = requestHeaders === undefined ? stream.sentHeaders : requestHeaders;
    stream.requestHeaders = headers && HeaderMap.from(headers);
    stream.responseHeaders = responseHeaders ? HeaderMap.from(responseHeaders) : null;
    stream.responseTrailers = responseTrailers ? HeaderMap.from(responseTrailers) : null;
    stream.current = toProperties(properties);
    stream.isLogging = true;
    this.entry.call(stream, "proxy_on_log", 0);
    stream.requestHeaders = stream.responseHeaders = stream.responseTrailers = null;
    stream.current = NO_PROPERTIES;
    stream.isLogging = false;
    stream.hasLogged = true;
  }

  /**
   * Ends a context. `properties` can still be read of a stream, whose header maps are empty by then. False if a root
   * context asks to wait: proxy_done() ends it then.
   */
  done(id: number, properties?: Properties | Attributes): boolean {
    const context = this.context(id);
    context.current = toProperties(properties);
    const agreed = this.entry.call(context, "proxy_on_done", 1) !== 0 || !context.isRoot;
    context.current = NO_PROPERTIES;
    if (agreed) this.vm.destroy(context);
    else context.isPendingDone = true;
    return agreed;
  }

  /** Fires the timer of a root context, if it has one. */
  tick(id: number): void {
    const root = this.vm.contexts.get(id);
    if (root && root.tickPeriod > 0) this.entry.call(root, "proxy_on_tick", 0);
  }

  /** Answers a call; false if it is no longer in flight. */
  answer(token: number, answer: Answer): boolean {
    const call = this.vm.inFlight.get(token);
    if (!call) return false;
    this.vm.inFlight.delete(token);
    call.state = "answered";
    this.tell(this.context(call.root), token, answer);
    return true;
  }

  /** An unexpected answer, to a call that the root context `id` may never have made. Envoy never sends one. */
  strayAnswer(id: number, token: number, answer: Answer): void {
    this.tell(this.context(id), token, answer);
  }

  private tell(root: Context, token: number, answer: Answer): void {
    if (answer === "reset") {
      this.entry.call(root, "proxy_on_http_call_response", 0, token);
      return;
    }
    const headers = HeaderMap.from([
      [":status", String(answer.status)],
      ...HeaderMap.from(answer.headers ?? []).headers,
    ]);
    const body = Buffer.from(answer.body ?? "");
    const trailers = answer.trailers ? HeaderMap.from(answer.trailers) : null;
    root.answer = { headers, body, trailers };
    const sizes = [headers.headers.length, body.length, trailers?.headers.length ?? 0] as const;
    this.entry.call(root, "proxy_on_http_call_response", 0, token, ...sizes);
    root.answer = null;
  }

  /** The states that the module has set on a stream, for access logs. Names lack Envoy's `wasm.`. */
  filterState(stream: number): ReadonlyMap<string, string> {
    return this.context(stream).filterState;
  }

  /** The number of streams that had request headers and have not ended. */
  get openStreams(): number {
    return [...this.vm.contexts.values()].filter((context) => context.sentHeaders !== null && !context.hasLogged)
      .length;
  }

  /** Whether the context exists: it has not been ended, or asked to wait. */
  isAlive(id: number): boolean {
    return this.vm.contexts.has(id);
  }

  /** Milliseconds; 0 if no timer runs. */
  tickPeriod(root: number): number {
    return this.vm.contexts.get(root)?.tickPeriod ?? 0;
  }

  /** Root contexts that ended and left a timer running. */
  get strayTimers(): readonly number[] {
    return this.vm.strayTimers;
  }

  /** From now on, `script` answers the host call `name`. */
  refuse(name: string, script: Script): void {
    this.vm.tallies.script(name, script);
  }

  /** Ends all scripts. */
  obey(): void {
    this.vm.tallies.obeyAll();
  }

  /** How often the module called each import since forgetHostCalls(). */
  get hostCalls(): Record<string, number> {
    return this.vm.tallies.counts;
  }

  forgetHostCalls(): void {
    this.vm.tallies.clear();
  }

  /** HTTP calls in the order in which they were made. A test that makes many has to empty it. */
  get calls(): HttpCall[] {
    return this.vm.calls;
  }

  /** The token of the last call. */
  get lastToken(): number {
    return this.vm.lastToken;
  }

  /** The calls without an answer so far. */
  get inFlight(): HttpCall[] {
    return [...this.vm.inFlight.values()];
  }

  get metrics(): ReadonlyMap<string, number> {
    return this.vm.metrics;
  }

  get logs(): LogLine[] {
    return this.vm.logs;
  }

  /** Bytes of linear memory. */
  get memorySize(): number {
    return this.vm.guest.size;
  }

  /** Wall-clock time, milliseconds since the epoch. */
  get now(): number {
    return this.vm.now;
  }

  set now(milliseconds: number) {
    this.vm.now = milliseconds;
  }

  private context(id: number): Context {
    const context = this.vm.contexts.get(id);
    if (!context) throw new Error(`there is no context ${id}`);
    return context;
  }
}

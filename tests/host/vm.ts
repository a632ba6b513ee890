// The host's state for one VM: its contexts, the current one, and what the module has asked for so far.
import { Guest } from "./guest.ts";
import type { Header, HeaderMap } from "./headers.ts";
import type { Shared } from "./imports/shared.ts";
import { NO_PROPERTIES, type Properties } from "./properties.ts";
import { Random } from "./random.ts";
import { Tallies } from "./tallies.ts";

/** An attribute in an expression that lists some, with its value if it may be absent. */
export interface ListItem {
  path: string;
  fallback?: Uint8Array;
}

/** A comparison of a number, or of a duration in nanoseconds. `not in` has several numbers to compare with. */
export interface Comparison {
  path: string;
  operator: string;
  than: bigint[];
}

/** An expression: one list if the attribute `asked` is present, another if it is absent. Or whether all comparisons hold. */
export type Expression = ListChoice | Comparison[];

export interface ListChoice {
  asked: string;
  present: ListItem[];
  absent: ListItem[];
}

/** A root context, or a stream with a root. The current callback cannot access what is null. */
export class Context {
  requestHeaders: HeaderMap | null = null;
  /** The request headers as they were sent on, for the log. */
  sentHeaders: HeaderMap | null = null;
  responseHeaders: HeaderMap | null = null;
  responseTrailers: HeaderMap | null = null;
  /** In on_log all maps are read-only, and missing maps are empty. */
  isLogging = false;
  /** Its log was written. */
  hasLogged = false;
  /** Attributes that last as long as the context, and those of the current callback. */
  attributes: Properties = NO_PROPERTIES;
  current: Properties = NO_PROPERTIES;
  /** What the module set on the stream. */
  readonly filterState = new Map<string, string>();

  // Of a root context:
  streamAttributes: Properties = NO_PROPERTIES;
  configuration: Uint8Array | null = null;
  /** By token. */
  readonly expressions: Expression[] = [];
  /** `trailers` is null if there are none. */
  answer: { headers: HeaderMap; body: Uint8Array; trailers: HeaderMap | null } | null = null;
  /** Milliseconds; 0 = no timer. */
  tickPeriod = 0;
  /** on_done asked to wait. */
  isPendingDone = false;

  constructor(
    readonly id: number,
    private readonly parent: Context | null,
  ) {}

  get root(): Context {
    return this.parent ?? this;
  }

  get isRoot(): boolean {
    return this.parent === null;
  }
}

/** A call that the module made; the test answers it. */
export interface HttpCall {
  readonly token: number;
  readonly cluster: string;
  readonly headers: Header[];
  readonly body: Uint8Array;
  readonly timeoutMs: number;
  /** The root context that it belongs to. */
  readonly root: number;
  state: "in flight" | "answered" | "cancelled";
}

export interface LogLine {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "critical";
  readonly text: string;
}

export const LEVELS: readonly LogLine["level"][] = ["trace", "debug", "info", "warn", "error", "critical"];

export class Vm {
  readonly guest = new Guest();
  readonly tallies = new Tallies();
  readonly contexts = new Map<number, Context>();
  /** The context of the running callback, and the one that the module set instead. */
  current: Context | null = null;
  effective: Context | null = null;
  isStarting = false;

  calls: HttpCall[] = [];
  /** Calls in flight by token. */
  readonly inFlight = new Map<number, HttpCall>();
  lastToken = 0;
  readonly metrics = new Map<string, number>();
  /** By id, from 1. */
  readonly metricIds: { name: string; isCounter: boolean }[] = [];
  logs: LogLine[] = [];
  /** Root contexts that ended while their timers ran: Envoy keeps firing these, for nobody, while the VM lives. */
  readonly strayTimers: number[] = [];
  /** Root contexts that proxy_done() ended in this callback. */
  readonly released: Context[] = [];
  /** Wall-clock time in milliseconds. */
  now: number;

  constructor(
    readonly clusters: ReadonlySet<string> | null,
    readonly node: Properties,
    readonly environment: Readonly<Record<string, string>>,
    now: number,
    readonly random: Random,
    readonly shared: Shared,
    readonly denied: ReadonlySet<string>,
  ) {
    this.now = now;
  }

  /** The context that host calls act for. */
  get context(): Context {
    if (this.current === null) throw new Error("a host call outside of any callback");
    return this.effective ?? this.current;
  }

  property(path: string): Uint8Array | undefined {
    const context = this.context;
    return context.current.get(path) ?? context.attributes.get(path) ?? this.node.get(path);
  }

  /** Removes the context, and cancels its calls. */
  destroy(context: Context): void {
    this.contexts.delete(context.id);
    if (context.tickPeriod > 0) this.strayTimers.push(context.id);
    context.tickPeriod = 0;
    if (!context.isRoot) return;
    for (const call of this.inFlight.values()) {
      if (call.root !== context.id) continue;
      call.state = "cancelled";
      this.inFlight.delete(call.token);
    }
  }
}

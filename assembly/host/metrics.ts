// Envoy's counters and gauges, as differences. The module adds them up and tells the host now and then, since a host call per
// request would cost more than the counting. All workers add to the same metric.
import { proxy_define_metric, proxy_increment_metric } from "@solo-io/proxy-runtime/assembly/imports";
import { Slice } from "../bytes/slice";
import { addressCell } from "./memory";
import { OK } from "./status";

const COUNTER: i32 = 0;
const GAUGE: i32 = 1;

@unmanaged
export class Metric {
  private id: u32 = 0;
  private defined: bool = false;
  private pending: i64 = 0;
  /** Everything that this VM added. */
  own: i64 = 0;

  constructor(
    private name: Slice,
    private type: i32,
    readonly next: Metric | null,
  ) {}

  add(count: i64): void {
    this.pending += count;
    this.own += count;
  }

  /** Adds to the metric without changing `own`. */
  correct(count: i64): void {
    this.pending += count;
  }

  /** Makes the metric known to the host, so that stats show it as 0. True if the host took it. */
  define(): bool {
    if (this.defined) return true;
    this.defined = proxy_define_metric(this.type, this.name.at, this.name.size, addressCell) === OK;
    if (this.defined) this.id = load<u32>(addressCell);
    return this.defined;
  }

  /** Tells the host. A difference that it refuses stays pending. */
  publish(): void {
    if (this.pending === 0 || !this.define()) return;
    if (proxy_increment_metric(this.id, this.pending) === OK) this.pending = 0;
  }
}

// All metrics are linked, newest first.
let newest: Metric | null = null;

function make(name: Slice, type: i32): Metric {
  let metric = new Metric(name, type, newest);
  newest = metric;
  return metric;
}

/** A metric that only grows. */
export function counter(name: Slice): Metric {
  return make(name, COUNTER);
}

/** A metric that goes up and down. */
export function gauge(name: Slice): Metric {
  return make(name, GAUGE);
}

/** Makes Envoy's stats show all metrics, as 0. False if the host refused one. */
export function defineAll(): bool {
  let defined = true;
  let metric = newest;
  while (metric !== null) {
    defined = metric.define() && defined;
    metric = metric.next;
  }
  return defined;
}

/** Tells the host everything counted since the last call. */
export function publishAll(): void {
  let metric = newest;
  while (metric !== null) {
    metric.publish();
    metric = metric.next;
  }
}

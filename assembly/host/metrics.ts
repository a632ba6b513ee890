// Envoy's counters and gauges, as differences: the module adds up by itself and tells the host now and then, since a host
// call for each request would cost more than the counting. All workers add to the same metric.
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
  /** All that this VM added. */
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

  /** Changes what others added. */
  correct(count: i64): void {
    this.pending += count;
  }

  /** Makes the metric known to the host, so that it shows as 0; true if the host took it. */
  define(): bool {
    if (this.defined) return true;
    this.defined = proxy_define_metric(this.type, this.name.at, this.name.size, addressCell) === OK;
    if (this.defined) this.id = load<u32>(addressCell);
    return this.defined;
  }

  /** Tells the host; what it does not take stays pending. */
  publish(): void {
    if (this.pending === 0 || !this.define()) return;
    if (proxy_increment_metric(this.id, this.pending) === OK) this.pending = 0;
  }
}

// All metrics hang together, newest first.
let newest: Metric | null = null;

function make(name: Slice, type: i32): Metric {
  let metric = new Metric(name, type, newest);
  newest = metric;
  return metric;
}

/** A number that only grows. */
export function counter(name: Slice): Metric {
  return make(name, COUNTER);
}

/** A number that goes up and down. */
export function gauge(name: Slice): Metric {
  return make(name, GAUGE);
}

/** Makes all metrics show in Envoy's stats, as 0; false if the host did not take one. */
export function defineAll(): bool {
  let defined = true;
  let metric = newest;
  while (metric !== null) {
    defined = metric.define() && defined;
    metric = metric.next;
  }
  return defined;
}

/** Tells the host all that was counted since. */
export function publishAll(): void {
  let metric = newest;
  while (metric !== null) {
    metric.publish();
    metric = metric.next;
  }
}

// Envoy's counters and gauges, as differences: the module adds up by itself and tells the host now and then, since a host
// call for each request would cost more than the counting. All workers add to the same metric.
import { proxy_define_metric, proxy_increment_metric } from "@solo-io/proxy-runtime/assembly/imports";
import { Slice } from "../bytes/slice";
import { addressCell } from "./memory";
import { OK } from "./status";

const COUNTER: i32 = 0;
const GAUGE: i32 = 1;

export class Metric {
  private id: u32 = 0;
  private defined: bool = false;
  private pending: i64 = 0;

  constructor(
    private name: Slice,
    private type: i32,
  ) {}

  add(count: i64): void {
    this.pending += count;
  }

  /** There is something that the host has not been told. */
  get isPending(): bool {
    return this.pending !== 0;
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

/** A number that only grows. */
export function counter(name: Slice): Metric {
  return new Metric(name, COUNTER);
}

/** A number that goes up and down. */
export function gauge(name: Slice): Metric {
  return new Metric(name, GAUGE);
}

// Counters and gauges, as differences.
import type { HostFunction } from "../link.ts";
import { BAD_ARGUMENT, NOT_FOUND, OK } from "../status.ts";
import type { Vm } from "../vm.ts";

// MetricType
const COUNTER = 0;
const GAUGE = 1;

export function metricImports(vm: Vm): Record<string, HostFunction> {
  const guest = vm.guest;
  return {
    proxy_define_metric(type = 0, name = 0, nameSize = 0, idCell = 0) {
      if (type !== COUNTER && type !== GAUGE) return BAD_ARGUMENT;
      const text = guest.latin1(name, nameSize);
      if (!vm.metrics.has(text)) vm.metrics.set(text, 0);
      // Each definition gets its own id; each name has one metric.
      guest.setU32(idCell, vm.metricIds.push({ name: text, isCounter: type === COUNTER }));
      return OK;
    },
    proxy_increment_metric(id = 0, offset = 0) {
      const metric = vm.metricIds[(id >>> 0) - 1];
      if (!metric) return NOT_FOUND;
      // An i64 arrives as a bigint.
      const difference = Number(offset);
      if (metric.isCounter && difference <= 0) return BAD_ARGUMENT;
      vm.metrics.set(metric.name, (vm.metrics.get(metric.name) ?? 0) + difference);
      return OK;
    },
  };
}

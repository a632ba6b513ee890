// The tables of a run: which number goes where. table.ts draws them.
import { NATIVE } from "../envoys/variant.ts";
import type { Cost } from "../instructions/change.ts";
import type { GrowthTable, InstructionResults, MainTable, Results, VariationRow } from "../results.ts";
import { arrived, mebibytes, ratio, ratioWithBounds, tenth, whole, withBounds, withSpread } from "./format.ts";
import type { Table } from "./table.ts";

/** Cost and throughput. */
function costTable({ requestsPerWindow, rounds, streams, rows }: MainTable): Table {
  return {
    title: `CPU of the Envoy process in ${rounds} rounds of ${whole(requestsPerWindow)} requests, HTTP/1.1, ${streams} connections, one worker: medians (quartiles); added µs and ratios (90 % intervals)`,
    head: ["", "µs per request", "added µs", "÷ native OpenTelemetry", "requests per second", "cores busy"],
    rows: rows.map(({ label, cpu, added, ofNative, perSecond, cores }) => [
      label,
      withSpread(cpu),
      added === null ? "–" : withBounds(added),
      ofNative === null ? "–" : ratioWithBounds(ofNative),
      withSpread(perSecond, whole),
      cores.toFixed(2),
    ]),
  };
}

/** Latency, memory, and what the collectors received. */
function deliveryTable({ latencyRate, latencyRounds, rows }: MainTable): Table {
  const rounds = latencyRounds === 1 ? "one round" : `${latencyRounds} rounds`;
  return {
    title: `Latency at ${whole(latencyRate)} requests per second (median of ${rounds}), memory, and totals at the collector`,
    head: [
      "",
      "p50 µs",
      "p99 µs",
      "MiB at start",
      "MiB at end",
      "MiB allocated",
      "bytes per span",
      "with HTTP",
      "reports",
      "spans",
    ],
    rows: rows.map(({ label, p50, p99, memoryAtStart, memoryAtEnd, allocated, spans }) => [
      label,
      whole(p50.median),
      whole(p99.median),
      mebibytes(memoryAtStart),
      mebibytes(memoryAtEnd),
      mebibytes(allocated),
      spans === null ? "–" : whole(spans.bodyBytes / spans.received),
      spans === null ? "–" : whole(spans.wireBytes / spans.received),
      spans === null ? "–" : whole(spans.reports),
      arrived(spans),
    ]),
  };
}

function variationsTable({ rounds, labels, rows }: NonNullable<Results["variations"]>): Table {
  const names = rows[0]?.costs.map(({ name }) => name) ?? [];
  const cells = ({ label, costs }: VariationRow): string[] => [
    label,
    ...costs.map(({ cpu, added, ofNative }) => {
      if (added === null) return tenth(cpu.median);
      return ofNative === null ? tenth(added.value) : `${tenth(added.value)} · ${ratio(ofNative.value)}`;
    }),
  ];
  return {
    title: `Other loads: µs per request without tracing, then µs added · ratio to native OpenTelemetry; ${rounds} rounds`,
    head: ["", ...names.map((name) => labels[name] ?? name)],
    rows: rows.map(cells),
  };
}

function growthTable({ title, rows }: GrowthTable): Table {
  return {
    title,
    head: ["", "µs per request", "added µs", "bytes per span", "spans"],
    rows: rows.map(({ label, cpu, added, bytesPerSpan, spans }) => [
      label,
      withSpread(cpu),
      added === null ? "–" : withBounds(added),
      bytesPerSpan === null ? "–" : whole(bytesPerSpan),
      arrived(spans),
    ]),
  };
}

/** Each row's instructions, what it adds, and the ratio of that to what native OpenTelemetry adds. */
export function instructionsTable({ rows }: InstructionResults): Table {
  const perRequest = new Map(rows.map((row) => [row.name, row.perRequest]));
  const added = (name: string, base: string | null): number =>
    base === null ? NaN : (perRequest.get(name) ?? NaN) - (perRequest.get(base) ?? NaN);
  const native = added(NATIVE.name, NATIVE.base);
  return {
    title: "Thousands of instructions per request in the Envoy process, excluding the kernel's",
    head: ["", "per request", "added", "÷ native OpenTelemetry"],
    rows: rows.map(({ name, label, base, perRequest: count }) => [
      label,
      tenth(count / 1000),
      tenth(added(name, base) / 1000),
      ratio(added(name, base) / native),
    ]),
  };
}

/** Instructions of each kind of request with two modules, and the difference. */
export function changeTable({ before, after }: { before: Cost; after: Cost }): Table {
  const row = (kind: keyof Cost): string[] => {
    const change = after[kind] - before[kind];
    return [kind, tenth(before[kind] / 1000), tenth(after[kind] / 1000), signed(change / 1000)];
  };
  return {
    title: "Thousands of instructions of the Envoy process for each request, the kernel's apart",
    head: ["", "before", "after", "change"],
    rows: [row("recorded"), row("unsampled")],
  };
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${tenth(Math.abs(value))}`;
}

export function mainTables(results: Results): Table[] {
  return [costTable(results.main), deliveryTable(results.main)];
}

/** Empty for a quick run. */
export function furtherTables({ variations, growth }: Results): Table[] {
  return [...(variations === null ? [] : [variationsTable(variations)]), ...(growth?.tables ?? []).map(growthTable)];
}

/** When, where and with what a run was measured, in one line. */
export function provenance({ form, seconds, machine }: Results | InstructionResults): string {
  const { date, cpu, cores, kernel, envoy, node, commit, moduleBytes, loadAverage } = machine;
  const busy = loadAverage > 0.7 ? `; the machine was already busy (load ${loadAverage.toFixed(1)})` : "";
  const module = `${(moduleBytes / 1024).toFixed(1)} KiB`;
  return `${date}, ${form} run of ${whole(seconds)} s: ${cores} × ${cpu}, Linux ${kernel}, Envoy ${envoy}, Node ${node}, commit ${commit}, module of ${module}${busy}.`;
}

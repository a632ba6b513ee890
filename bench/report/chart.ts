// The chart in docs/benchmark.md as a Vega specification (https://vega.github.io/vega/docs/specification): bars with
// their spread.
import type { Results } from "../results.ts";
import { ratio } from "./format.ts";
import { FONT, INK, titleOf } from "./look.ts";

const GRID = "#7d859044";
const COLOURS = { floor: "#8b949e", lightspan: "#2f81f7", peer: "#a371f7", native: "#d29922" };
const WIDTH = 430;
const ROW_HEIGHT = 30;
const PADDING = { left: 295, right: 125, top: 70, bottom: 52 };

interface Bar {
  label: string;
  kind: keyof typeof COLOURS;
  value: number;
  low: number;
  high: number;
  text: string;
}

function kindOf(name: string): Bar["kind"] {
  if (name === "empty" || name === "minimal") return "floor";
  if (name === "rust") return "peer";
  return name.startsWith("zipkin") || name.startsWith("opentelemetry") ? "native" : "lightspan";
}

function barsOf({ main }: Results): Bar[] {
  return main.rows.flatMap(({ name, label, added, ofNative }) => {
    if (added === null) return [];
    const part = ofNative === null ? "" : ` · ${ratio(ofNative.value)}`;
    return [{ label, kind: kindOf(name), ...added, text: `${added.value.toFixed(1)} µs${part}` }];
  });
}

const words = { labelFont: FONT, labelFontSize: 12, labelColor: INK, labelLimit: 0 };

const axes = [
  { orient: "left", scale: "label", ticks: false, domain: false, labelPadding: 8, ...words },
  {
    orient: "bottom",
    scale: "micros",
    ticks: false,
    domain: false,
    grid: true,
    gridColor: GRID,
    title: "CPU microseconds in the Envoy process",
    titleFont: FONT,
    titleFontWeight: "normal",
    titleColor: INK,
    titlePadding: 8,
    ...words,
  },
];

const bar = {
  y: { scale: "label", field: "label" },
  height: { scale: "label", band: 1 },
  x: { scale: "micros", value: 0 },
  x2: { scale: "micros", field: "value" },
  fill: { scale: "kind", field: "kind" },
};

/** Below the bar, so that it is drawn on the background. */
const spreadLine = {
  y: { scale: "label", field: "label", band: 1, offset: 3 },
  x: { scale: "micros", field: "low" },
  x2: { scale: "micros", field: "high" },
  stroke: { value: INK },
  strokeWidth: { value: 2 },
};

const number = {
  y: { scale: "label", field: "label", band: 0.5 },
  // Noise may put a bar left of zero; its number stays on the right.
  x: { scale: "micros", signal: "max(datum.value, 0)" },
  dx: { value: 6 },
  baseline: { value: "middle" },
  text: { field: "text" },
  font: { value: FONT },
  fontSize: { value: 12 },
  fill: { value: INK },
};

function title({ machine }: Results): object {
  const subtitle = [
    `Envoy ${machine.envoy}, one worker, HTTP/1.1, every variant in the same run`,
    "line: 90 % interval · ×: ratio to native OpenTelemetry",
  ];
  return titleOf("CPU that tracing adds to each request", subtitle, 18);
}

/** The specification of the chart of `results`. */
export function chartOf(results: Results): object {
  const bars = barsOf(results);
  const data = "bars";
  return {
    $schema: "https://vega.github.io/schema/vega/v6.json",
    width: WIDTH,
    height: bars.length * ROW_HEIGHT,
    // Without a browser Vega does not know the width of words, and overestimates it.
    autosize: "none",
    padding: PADDING,
    title: title(results),
    data: [{ name: data, values: bars }],
    scales: [
      { name: "label", type: "band", domain: { data, field: "label" }, range: "height", padding: 0.35 },
      { name: "micros", domain: { data, fields: ["value", "low", "high"] }, range: "width", zero: true, nice: true },
      { name: "kind", type: "ordinal", domain: Object.keys(COLOURS), range: Object.values(COLOURS) },
    ],
    axes,
    marks: [
      { type: "rect", from: { data }, encode: { enter: bar } },
      { type: "rule", from: { data }, encode: { enter: spreadLine } },
      { type: "text", from: { data }, encode: { enter: number } },
    ],
  };
}

// The picture of a soak as a specification for Vega (https://vega.github.io/vega/docs/specification). Three panels
// share a time axis: memory, all spans and waiting spans. The times of the faults are in the background.
import { FONT, INK, titleOf } from "../../bench/report/look.ts";
import type { Sample, Soak } from "./soak.ts";

const GRID = "#7d859033";
const WIDTH = 640;
const HEIGHT = 130;
const GAP = 50;
const PADDING = { left: 60, right: 170, top: 84, bottom: 30 };
const THIN = 1.5;
/** The width of a line with another one on top of it. */
const THICK = 4.5;

interface Line {
  label: string;
  colour: string;
  width?: number;
  of(sample: Sample): number;
}

interface Panel {
  title: string;
  lines: Line[];
}

/** Digits that nobody can see would only make the picture large. */
const round = (value: number): number => Number(value.toFixed(1));
const mib = (bytes: number): number => bytes / 1024 / 1024;

const PANELS: Panel[] = [
  {
    title: "Resident memory of Envoy, MiB",
    lines: [
      { label: "with Lightspan", colour: "#2f81f7", of: ({ memory }) => mib(memory) },
      { label: "without", colour: "#8b949e", of: ({ plainMemory }) => mib(plainMemory) },
    ],
  },
  {
    title: "Spans since the beginning",
    lines: [
      { label: "recorded", colour: "#a371f7", width: THICK, of: ({ account }) => account.recorded },
      { label: "sent + dropped + buffered", colour: "#8b949e", of: balance },
      { label: "sent", colour: "#2f81f7", width: THICK, of: ({ account }) => account.sent },
      { label: "the collector's ledger", colour: "#3fb950", of: ({ acknowledged }) => acknowledged },
      { label: "dropped", colour: "#d29922", of: ({ account }) => account.dropped },
    ],
  },
  {
    title: "Spans that wait",
    lines: [{ label: "buffered", colour: "#2f81f7", of: ({ account }) => account.buffered }],
  },
];

function balance({ account: { sent, dropped, buffered } }: Sample): number {
  return sent + dropped + buffered;
}

const words = { labelFont: FONT, labelFontSize: 11, labelColor: INK };

function panelOf({ title, lines }: Panel, place: number, { samples }: Soak): object {
  const y = `y${place}`;
  const isLast = place === PANELS.length - 1;
  const series = lines.map(({ of }) => samples.map((sample) => ({ t: round(sample.seconds), v: round(of(sample)) })));
  return {
    type: "group",
    encode: {
      enter: { y: { value: place * (HEIGHT + GAP) }, width: { value: WIDTH }, height: { value: HEIGHT } },
    },
    title: { text: title, anchor: "start", frame: "group", font: FONT, fontSize: 12, fontWeight: "normal", color: INK },
    data: series.map((values, line) => ({ name: `line${line}`, values })),
    scales: [{ name: y, domain: [0, top(series.flat())], range: [HEIGHT, 0], nice: true }],
    axes: [
      { orient: "left", scale: y, ticks: false, domain: false, grid: true, gridColor: GRID, tickCount: 4, ...words },
      { orient: "bottom", scale: "t", labels: isLast, ticks: isLast, domainColor: INK, tickColor: INK, ...words },
    ],
    marks: [
      ...lines.map(({ colour, width = THIN }, line) => ({
        type: "line",
        from: { data: `line${line}` },
        encode: {
          enter: {
            x: { scale: "t", field: "t" },
            y: { scale: y, field: "v" },
            stroke: { value: colour },
            strokeWidth: { value: width },
          },
        },
      })),
      ...lines.map(({ label, colour }, line) => ({
        type: "text",
        encode: {
          enter: {
            x: { value: WIDTH + 8 },
            y: { value: 8 + line * 16 },
            text: { value: label },
            fill: { value: colour },
            font: { value: FONT },
            fontSize: { value: 11 },
          },
        },
      })),
    ],
  };
}

/** Behind all panels. */
const FAULTS = {
  type: "rect",
  from: { data: "faults" },
  encode: {
    enter: {
      x: { scale: "t", field: "from" },
      x2: { scale: "t", field: "to" },
      y: { value: 0 },
      y2: { value: PANELS.length * (HEIGHT + GAP) - GAP },
      fill: { value: "#f85149" },
      fillOpacity: { value: 0.12 },
    },
  },
};

function top(points: { v: number }[]): number {
  return Math.max(1, ...points.map(({ v }) => v));
}

/** The specification for the picture of `soak`. */
export function chartOf(soak: Soak): object {
  const { perSecond, workers } = soak.options;
  const kinds = new Set(soak.spells.map(({ name }) => name)).size;
  const subtitle = `${perSecond} requests a second, ${workers} workers of one Envoy; seconds; shaded: a fault, one of ${kinds} kinds`;
  return {
    $schema: "https://vega.github.io/schema/vega/v6.json",
    width: WIDTH,
    height: PANELS.length * (HEIGHT + GAP) - GAP,
    // Without a browser, Vega guesses the width of words, and guesses too much.
    autosize: "none",
    padding: PADDING,
    title: titleOf("Faults come and go at the collector", subtitle, 24),
    scales: [{ name: "t", domain: [0, soak.samples.at(-1)?.seconds ?? 1], range: [0, WIDTH] }],
    data: [{ name: "faults", values: soak.spells.map(({ from, to }) => ({ from: round(from), to: round(to) })) }],
    marks: [FAULTS, ...PANELS.map((panel, place) => panelOf(panel, place, soak))],
  };
}

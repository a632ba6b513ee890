// Formats times and numbers for people, and parses the durations that they type.
import { formatDuration } from "../duration.ts";

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

/** `14:03:07.482`, preceded by the day if that is not today. Takes microseconds since the epoch. */
export function formatTime(micros: number): string {
  const date = new Date(micros / 1000);
  const milliseconds = String(date.getMilliseconds()).padStart(3, "0");
  const time = `${clock.format(date)}.${milliseconds}`;
  return date.toDateString() === new Date().toDateString() ? time : `${day.format(date)} ${time}`;
}

/** Maximum length of a name in a sentence; an Istio node id fits. */
const LONGEST = 100;

const UNITS: Record<string, number> = { µs: 1, us: 1, ms: 1000, s: 1_000_000, m: 60_000_000, "": 1000 };

/** Parses `1.5s`, `250ms`, `800µs`, or a bare number of milliseconds, to whole microseconds; null for anything else. */
export function parseDuration(text: string): number | null {
  const [, number, unit = ""] = /^\s*(\d{1,9}(?:\.\d{1,6})?)\s*(µs|us|ms|s|m)?\s*$/.exec(text.replace("μ", "µ")) ?? [];
  return number === undefined ? null : Math.round(Number(number) * (UNITS[unit] ?? 1000));
}

/** A round duration on an axis: `10ms`, while formatDuration would return `10.0ms`. */
export function formatTick(micros: number): string {
  return micros === 0 ? "0" : formatDuration(micros).replace(/\.0+(?=\D)|(?<=\.\d)0(?=\D)/, "");
}

/** `1 span`, `8 spans`, `12,345 spans`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Capitalizes a message of the satellite, to start a sentence. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Shortens text to a line or two of large type. Cuts the middle, because names differ at their ends. */
export function shorten(text: string): string {
  const characters = [...text];
  if (characters.length <= LONGEST) return text;
  return `${characters.slice(0, LONGEST / 2).join("")}…${characters.slice(1 - LONGEST / 2).join("")}`;
}

/** Formats a ratio: `781×`, `4.2×`. */
export function formatFactor(factor: number): string {
  return `${factor < 9.95 ? factor.toFixed(1) : Math.round(factor).toLocaleString("en")}×`;
}

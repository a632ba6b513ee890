// The configuration, checked: every key there is, its default and its bounds. config.schema.json says the same to tools.
import { JsonReader } from "./json";
import { Entries, Refusal, Section } from "./section";

/** span.kind: what the listener's direction says. */
export const AUTO: string = "auto";
export const CLIENT: string = "client";
export const SERVER: string = "server";

export class Settings {
  cluster: string;
  authority: string;
  path: string;
  headers: Entries;
  accessToken: string;
  timeoutMs: u32;
  /** "" = as the node says; so is the version. */
  serviceName: string;
  serviceVersion: string;
  spanKind: string;
  /** Bytes. */
  maxTagLength: u32;
  maxBytes: u32;
  flushSpans: u32;
  flushIntervalMs: u32;

  constructor(root: Section) {
    let collector = root.section("collector");
    this.cluster = collector.required("cluster");
    this.authority = collector.headerValue("authority");
    this.path = collector.urlPath("path");
    this.headers = collector.headers("headers");
    this.accessToken = collector.secret("access_token");
    this.timeoutMs = collector.integer("timeout_ms", 5000, 1, 600000);
    collector.finish();

    let service = root.section("service");
    this.serviceName = service.string("name");
    this.serviceVersion = service.string("version");
    service.finish();

    let span = root.section("span");
    this.spanKind = span.oneOf("kind", [AUTO, CLIENT, SERVER]);
    this.maxTagLength = span.integer("max_tag_length", 256, 1, 65536);
    span.finish();

    let buffer = root.section("buffer");
    this.maxBytes = buffer.integer("max_bytes", 1048576, 65536, 268435456);
    this.flushSpans = buffer.integer("flush_spans", 200, 1, 100000);
    this.flushIntervalMs = buffer.integer("flush_interval_ms", 1000, 10, 3600000);
    buffer.finish();

    root.finish();
  }
}

/** Why the last readSettings() gave nothing: the path, what was found, what is allowed. */
export let refusedBecause: string = "";

/** The settings that `size` bytes of JSON at `at` say, or null with `refusedBecause`. */
export function readSettings(at: usize, size: u32): Settings | null {
  refusedBecause = 'is empty; allowed: an object, {"collector":{"cluster":"…"}} is enough';
  if (size === 0) return null;
  let reader = new JsonReader();
  let json = reader.parse(at, size);
  refusedBecause = reader.error;
  if (refusedBecause.length > 0) return null;
  let refusal = new Refusal();
  let settings = new Settings(new Section("", json, refusal));
  refusedBecause = refusal.reason;
  return refusedBecause.length > 0 ? null : settings;
}

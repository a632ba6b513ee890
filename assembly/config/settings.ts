// The configuration, checked: every key there is, its default and its bounds. config.schema.json says the same to tools.
import { JsonReader } from "./json";
import { Entries, Refusal, Section, Source } from "./section";

/** span.kind: what the listener's direction says. */
export const AUTO: string = "auto";
export const CLIENT: string = "client";
export const SERVER: string = "server";

/** The formats of trace context. */
export const B3: string = "b3";
export const B3MULTI: string = "b3multi";
export const TRACECONTEXT: string = "tracecontext";

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
  extract: string[];
  inject: string[];
  traceIdBits: u32;
  trustIncoming: bool;
  strip: bool;
  /** In ten-thousandths. */
  rate: u32;
  /** In ten-thousandths; 0 = no cap. */
  maxTracesPerSecond: u64;
  excludePaths: string[];
  spanKind: string;
  /** Bytes. */
  maxTagLength: u32;
  dropsQuery: bool;
  literalTags: Source[];
  environmentTags: Source[];
  requestHeaderTags: Source[];
  responseHeaderTags: Source[];
  propertyTags: Source[];
  maxBytes: u32;
  flushSpans: u32;
  flushIntervalMs: u32;
  logsTraceId: bool;

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

    let formats = [B3, B3MULTI, TRACECONTEXT];
    let propagation = root.section("propagation");
    this.extract = propagation.someOf("extract", formats, formats, 1);
    this.inject = propagation.someOf("inject", formats, [B3MULTI], 0);
    this.traceIdBits = propagation.oneNumberOf("trace_id_bits", 128, 64);
    this.trustIncoming = propagation.boolean("trust_incoming", true);
    this.strip = propagation.boolean("strip", false);
    propagation.finish();

    let sampling = root.section("sampling");
    this.rate = <u32>sampling.decimal("rate", 10000, 10000);
    this.maxTracesPerSecond = sampling.decimal("max_traces_per_second", 0, 10000000000);
    this.excludePaths = sampling.paths("exclude_paths");
    sampling.finish();

    let span = root.section("span");
    this.spanKind = span.oneOf("kind", [AUTO, CLIENT, SERVER]);
    this.maxTagLength = span.integer("max_tag_length", 256, 1, 65536);
    this.dropsQuery = span.oneOf("url_query", ["keep", "drop"]) === "drop";
    span.finish();

    let tags = root.section("tags");
    this.literalTags = tags.sources("literal");
    this.environmentTags = tags.sources("environment");
    this.requestHeaderTags = tags.sources("request_headers", true);
    this.responseHeaderTags = tags.sources("response_headers", true);
    this.propertyTags = tags.sources("properties");
    tags.finish();

    let buffer = root.section("buffer");
    this.maxBytes = buffer.integer("max_bytes", 1048576, 65536, 268435456);
    this.flushSpans = buffer.integer("flush_spans", 200, 1, 100000);
    this.flushIntervalMs = buffer.integer("flush_interval_ms", 1000, 10, 3600000);
    buffer.finish();

    let log = root.section("log");
    this.logsTraceId = log.boolean("trace_id", true);
    log.finish();

    root.finish();
  }
}

/** Why the last readSettings() gave nothing: the path, what was found, what is allowed. */
export let refusedBecause: string = "";

/** The settings that `size` bytes of JSON at `at` say, or null with `refusedBecause`. */
export function readSettings(at: usize, size: u32): Settings | null {
  refusedBecause = 'configuration: is empty; allowed: an object, {"collector":{"cluster":"…"}} is enough';
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

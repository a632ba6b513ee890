// The checked configuration: every key with its default and bounds. It doesn't know what a setting is used for.
// lightspan.schema.json tells tools the same.
import { B3, B3_MULTI, propagatorNames, TRACECONTEXT } from "../context/propagators";
import { JsonReader } from "./json";
import { Entries, Refusal, Section, Source } from "./section";

/** span.kind, in the order of its words. AUTO follows the listener's direction. */
export const AUTO: u32 = 0;
export const CLIENT: u32 = 1;

/** collector.protocol, in the order of its words. */
export const LIGHTSTEP: u32 = 0;
export const OTLP: u32 = 1;
export const ZIPKIN: u32 = 2;

/** Conditions that a sampling rule can have, for messages. */
const CONDITIONS: string = "path_prefix, method, header";
const MAX_RULES: i32 = 50;

/** One entry of sampling.rules. A condition that is "" is absent. */
export class SamplingRule {
  readonly pathPrefix: string;
  readonly method: string;
  readonly headerName: string;
  /** "" = any value. */
  readonly headerValue: string;
  /** In ten-thousandths. */
  readonly rate: u32;

  /** `isLast`: no other rule follows. */
  constructor(rule: Section, isLast: bool) {
    this.pathPrefix = rule.urlPath("path_prefix");
    this.method = rule.method("method");
    let header = rule.section("header");
    this.headerName = header.isGiven ? header.headerName("name", ":authority, :method, :path, :scheme") : "";
    this.headerValue = header.headerValue("value");
    header.finish();
    this.rate = <u32>rule.requiredDecimal("rate", 10000);
    rule.finish();
    let conditions = this.pathPrefix.length + this.method.length + this.headerName.length;
    if (conditions === 0 && !isLast) {
      rule.refuse("", "has no condition, so no rule after it can match", CONDITIONS + "; none only in the last rule");
    }
  }
}

export class Settings {
  cluster: string;
  protocol: u32;
  isGrpc: bool;
  deflates: bool;
  authority: string;
  path: string;
  headers: Entries;
  /** The token itself, or the environment variable that holds it; "" = none. */
  accessToken: string;
  accessTokenEnv: string;
  timeoutMs: u32;
  /** Name and version are "" if the node's own apply. */
  serviceName: string;
  serviceVersion: string;
  /** Places in the list of context/propagators.ts. */
  extract: u32[];
  inject: u32[];
  traceIdBits: u32;
  trustIncoming: bool;
  strip: bool;
  /** The context leaves in filter states instead of headers. */
  viaStates: bool;
  /** In ten-thousandths. */
  rate: u32;
  /** In ten-thousandths; 0 = no cap. */
  maxTracesPerSecond: u64;
  samplingRules: SamplingRule[];
  excludePaths: string[];
  keepsErrors: bool;
  /** 0 = no span is kept for its duration. */
  keepSlowerThanMs: u32;
  setsThreshold: bool;
  spanKind: u32;
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
  /** Tries per report, including the first. */
  attempts: u32;
  retryBaseMs: u32;
  retryMaxMs: u32;
  logsTraceId: bool;
  /** Equal only if the sections that configure a delivery are: collector, buffer and retry, all their keys. */
  deliveryIdentity: string;

  constructor(root: Section) {
    let collector = root.section("collector");
    this.cluster = collector.required("cluster");
    let protocol = collector.oneOf("protocol", "lightstep, otlp, zipkin");
    let isGrpc = collector.oneOf("transport", protocol === ZIPKIN ? "http" : "http, grpc") === 1;
    this.protocol = protocol;
    this.isGrpc = isGrpc;
    this.authority = collector.headerValue("authority");
    this.path = collector.urlPath("path");
    this.headers = collector.headers("headers");
    let accessToken = collector.secret("access_token");
    this.accessToken = accessToken;
    this.accessTokenEnv = collector.string("access_token_env");
    if (accessToken.length > 0) collector.exclude("access_token_env", "access_token");
    this.timeoutMs = collector.integer("timeout_ms", 5000, 1, 600000);
    // gRPC receivers understand gzip, which the host can't produce.
    this.deflates = collector.oneOf("compression", isGrpc ? "none" : "none, deflate") === 1;
    collector.finish();

    let service = root.section("service");
    this.serviceName = service.string("name");
    this.serviceVersion = service.string("version");
    service.finish();

    let propagation = root.section("propagation");
    let formats = propagatorNames();
    this.extract = propagation.someOf("extract", formats, [B3, B3_MULTI, TRACECONTEXT], 1);
    let inject = propagation.someOf("inject", formats, [B3_MULTI, TRACECONTEXT], 0);
    this.inject = inject;
    this.traceIdBits = propagation.oneNumberOf("trace_id_bits", 128, 64);
    this.trustIncoming = propagation.boolean("trust_incoming", true);
    this.strip = propagation.boolean("strip", false);
    this.viaStates = propagation.oneOf("via", "headers, filter_state") === 1;
    propagation.finish();

    let sampling = root.section("sampling");
    this.rate = <u32>sampling.decimal("rate", 10000, 10000);
    let rules = sampling.sections("rules", MAX_RULES);
    let samplingRules: SamplingRule[] = [];
    for (let i = 0; i < rules.length; i++) samplingRules.push(new SamplingRule(rules[i], i + 1 === rules.length));
    this.samplingRules = samplingRules;
    this.maxTracesPerSecond = sampling.decimal("max_traces_per_second", 0, 10000000000);
    this.keepsErrors = sampling.boolean("keep_errors", false);
    this.keepSlowerThanMs = sampling.integer("keep_slower_than_ms", 0, 0, 3600000);
    let setsThreshold = sampling.boolean("tracestate", false);
    this.setsThreshold = setsThreshold;
    if (setsThreshold && !inject.includes(TRACECONTEXT)) {
      sampling.refuse("tracestate", "is true", "false, or tracecontext in propagation.inject");
    }
    this.excludePaths = sampling.paths("exclude_paths");
    sampling.finish();

    let span = root.section("span");
    this.spanKind = span.oneOf("kind", "auto, client, server");
    this.maxTagLength = span.integer("max_tag_length", 256, 1, 65536);
    this.dropsQuery = span.oneOf("url_query", "keep, drop") === 1;
    span.finish();

    let tags = root.section("tags");
    this.literalTags = tags.sources("literal");
    this.environmentTags = tags.sources("environment");
    this.requestHeaderTags = tags.sources("request_headers", ":authority, :method, :path, :scheme");
    this.responseHeaderTags = tags.sources("response_headers", ":status");
    this.propertyTags = tags.sources("properties");
    tags.finish();

    let buffer = root.section("buffer");
    this.maxBytes = buffer.integer("max_bytes", 1048576, 65536, 268435456);
    this.flushSpans = buffer.integer("flush_spans", 200, 1, 100000);
    this.flushIntervalMs = buffer.integer("flush_interval_ms", 1000, 10, 3600000);
    buffer.finish();

    let retry = root.section("retry");
    this.attempts = retry.integer("attempts", 12, 1, 100);
    this.retryBaseMs = retry.integer("base_ms", 250, 1, 3600000);
    this.retryMaxMs = retry.integer("max_ms", 5000, 1, 3600000);
    retry.finish();

    let log = root.section("log");
    this.logsTraceId = log.boolean("trace_id", false);
    log.finish();

    root.finish();
    this.deliveryIdentity = [collector.normalForm, buffer.normalForm, retry.normalForm].join(",");
  }
}

/**
 * Reads the settings from `size` bytes of JSON at `at`. Returns null, with the reason in `refusal`, if they are
 * invalid.
 */
export function readSettings(at: usize, size: u32, refusal: Refusal): Settings | null {
  if (size === 0) {
    refusal.refuse("configuration", "is empty", 'an object, {"collector":{"cluster":"…"}} is enough');
    return null;
  }
  let reader = new JsonReader();
  let json = reader.parse(at, size);
  refusal.reason = reader.error;
  if (refusal.reason.length > 0) return null;
  let settings = new Settings(new Section("", json, refusal));
  return refusal.reason.length > 0 ? null : settings;
}

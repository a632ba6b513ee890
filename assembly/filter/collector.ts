// From settings to a place to report to: what the host needs for each call, and what each report begins with, made once.
import { spell } from "../bytes/decimal";
import { encodePairs } from "../bytes/fields";
import { Hold } from "../bytes/hold";
import { takeOut } from "../bytes/list";
import { Slice, text, toText } from "../bytes/slice";
import { makeValid } from "../bytes/utf8";
import { Entries } from "../config/section";
import { LIGHTSTEP, OTLP, Settings } from "../config/settings";
import { nextId } from "../context/ids";
import { Delivery, Destination } from "../report/delivery";
import { Format } from "../report/format";
import { Lightstep } from "../report/lightstep";
import { Otlp } from "../report/otlp";
import { Zipkin } from "../report/zipkin";
import { ConstantTag } from "../span/span";

/** package.json has the same version; a test holds the two together. */
export const LIGHTSPAN_VERSION: string = "0.1.0";

const deliveries: Delivery[] = [];

/** Who reports: what is the same in all spans of one configuration. */
export class Reporter {
  constructor(
    readonly service: string,
    /** "" = unknown. */
    readonly version: string,
    readonly tags: ConstantTag[],
    /** "" = none. */
    readonly accessToken: string,
  ) {}
}

/** `outbound|443||collector.example.com` is reached as collector.example.com, any other cluster by its own name. */
function authorityOf(cluster: string): string {
  let host = cluster.startsWith("outbound|") ? cluster.substring(cluster.lastIndexOf("|") + 1) : "";
  return host.length > 0 ? host : cluster;
}

function pathOf(settings: Settings): string {
  if (settings.path.length > 0) return settings.path;
  if (settings.protocol === LIGHTSTEP)
    return settings.isGrpc ? "/lightstep.collector.CollectorService/Report" : "/api/v2/reports";
  if (settings.protocol !== OTLP) return "/api/v2/spans";
  return settings.isGrpc ? "/opentelemetry.proto.collector.trace.v1.TraceService/Export" : "/v1/traces";
}

function contentTypeOf(settings: Settings): string {
  if (settings.isGrpc) return "application/grpc";
  if (settings.protocol === LIGHTSTEP) return "application/octet-stream";
  return settings.protocol === OTLP ? "application/x-protobuf" : "application/json";
}

function headersOf(settings: Settings, accessToken: string): Entries {
  let authority = settings.authority.length > 0 ? settings.authority : authorityOf(settings.cluster);
  let type = contentTypeOf(settings);
  let headers = new Entries();
  headers.add(":method", "POST");
  headers.add(":path", pathOf(settings));
  headers.add(":authority", authority);
  headers.add("content-type", type);
  if (settings.isGrpc) headers.add("te", "trailers");
  else headers.add("accept", type);
  if (accessToken.length > 0) headers.add("lightstep-access-token", accessToken);
  let more = settings.headers;
  // Proxies on the report's way make no span of it: with Lightspan there, that span would cause the next report.
  if (!more.keys.includes("b3")) headers.add("b3", "0");
  for (let i = 0; i < more.keys.length; i++) headers.add(more.keys[i], more.values[i]);
  return headers;
}

/** What a configuration or a node says, fit for every receiver. */
function validText(value: string): Slice {
  let slice = text(value);
  makeValid(slice);
  return slice;
}

/** Constant tags with what a reporter says of itself before them, in words that its format has for it. */
function resourceTags(reporter: Reporter, name: Slice): ConstantTag[] {
  let tags = [new ConstantTag(name, validText(reporter.service))];
  if (reporter.version.length > 0) tags.push(new ConstantTag(text("service.version"), validText(reporter.version)));
  for (let i = 0; i < reporter.tags.length; i++) tags.push(reporter.tags[i]);
  return tags;
}

function formatOf(settings: Settings, reporter: Reporter): Format {
  let version = text(LIGHTSPAN_VERSION);
  if (settings.protocol === LIGHTSTEP) {
    let tags = resourceTags(reporter, text("lightstep.component_name"));
    tags.push(new ConstantTag(text("lightstep.tracer_platform"), text("envoy")));
    tags.push(new ConstantTag(text("lightstep.tracer_version"), version));
    return new Lightstep(settings.isGrpc, nextId(), tags, text(reporter.accessToken));
  }
  if (settings.protocol === OTLP)
    return new Otlp(settings.isGrpc, resourceTags(reporter, text("service.name")), version);
  return new Zipkin(validText(reporter.service), reporter.tags);
}

/** All that makes two destinations different. */
function keyOf(settings: Settings, reporter: Reporter, headers: Entries): string {
  let words = [
    settings.cluster,
    reporter.service,
    reporter.version,
    spell(settings.protocol),
    spell(u32(settings.isGrpc)),
    spell(u32(settings.deflates)),
    spell(settings.timeoutMs),
    spell(settings.maxBytes),
    spell(settings.flushSpans),
    spell(settings.flushIntervalMs),
    spell(settings.attempts),
    spell(settings.retryBaseMs),
    spell(settings.retryMaxMs),
  ];
  for (let i = 0; i < headers.keys.length; i++) {
    words.push(headers.keys[i]);
    words.push(headers.values[i]);
  }
  for (let i = 0; i < reporter.tags.length; i++) {
    words.push(toText(reporter.tags[i].name));
    words.push(toText(reporter.tags[i].value));
  }
  // How long each is says where it ends: some may hold any character.
  let key = "";
  for (let i = 0; i < words.length; i++) key += spell(words[i].length) + " " + words[i];
  return key;
}

/** Header values that are shorter are names of tenants and the like. */
const SECRET: i32 = 8;

/** What no log line may show: the token, and headers that may hold another one. */
function secretsOf(settings: Settings, accessToken: string): Slice[] {
  let secrets: Slice[] = [];
  if (accessToken.length > 0) secrets.push(text(accessToken));
  let values = settings.headers.values;
  for (let i = 0; i < values.length; i++) {
    // Of `Bearer …` and the like a collector repeats what stands behind the scheme.
    let words = values[i];
    let last = words.substring(words.lastIndexOf(" ") + 1);
    if (last.length >= SECRET) words = last;
    if (words.length >= SECRET) secrets.push(text(words));
  }
  return secrets;
}

/** The delivery of this VM that `settings` and the reporter ask for; a new one, in the memory of `held`, if there is none. */
export function deliveryFor(settings: Settings, reporter: Reporter, held: Hold): Delivery {
  for (let i = 0; i < reporter.tags.length; i++) makeValid(reporter.tags[i].value);
  let headers = headersOf(settings, reporter.accessToken);
  let key = keyOf(settings, reporter, headers);
  for (let i = deliveries.length - 1; i >= 0; i--) {
    if (deliveries[i].key === key) return deliveries[i];
    if (deliveries[i].isOver) takeOut(deliveries, i);
  }
  let plain = encodePairs(headers.keys, headers.values);
  let deflated: Slice | null = null;
  if (settings.deflates) {
    headers.add("content-encoding", "deflate");
    deflated = encodePairs(headers.keys, headers.values);
  }
  let format = formatOf(settings, reporter);
  let secrets = secretsOf(settings, reporter.accessToken);
  let delivery = new Delivery(new Destination(key, settings, format, plain, deflated, secrets, held));
  deliveries.push(delivery);
  return delivery;
}

/** Tells the delivery that made the call `token` of its answer; the root context may be gone from the roots already. */
export function tellAnswer(token: u32, headers: u32, bodySize: u32): void {
  for (let i = 0; i < deliveries.length; i++) unchecked(deliveries[i]).answered(token, headers, bodySize);
}

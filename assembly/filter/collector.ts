// From settings to a place to report to: what the host needs for each call, and what each report begins with, made once.
import { spell } from "../bytes/decimal";
import { encodePairs } from "../bytes/fields";
import { text, toText } from "../bytes/slice";
import { Entries } from "../config/section";
import { Settings } from "../config/settings";
import { nextId } from "../context/ids";
import { Delivery, Destination } from "../report/delivery";
import { encodeHead } from "../report/lightstep";
import { ConstantTag } from "../span/node";

/** package.json has the same version; a test holds the two together. */
export const LIGHTSPAN_VERSION: string = "0.1.0";

const deliveries: Delivery[] = [];

/** `outbound|443||collector.example.com` is reached as collector.example.com, any other cluster by its own name. */
function authorityOf(cluster: string): string {
  let host = cluster.startsWith("outbound|") ? cluster.substring(cluster.lastIndexOf("|") + 1) : "";
  return host.length > 0 ? host : cluster;
}

function headersOf(settings: Settings): Entries {
  let path = settings.path.length > 0 ? settings.path : "/api/v2/reports";
  let authority = settings.authority.length > 0 ? settings.authority : authorityOf(settings.cluster);
  let headers = new Entries();
  headers.keys = [":method", ":path", ":authority", "content-type", "accept"];
  headers.values = ["POST", path, authority, "application/octet-stream", "application/octet-stream"];
  if (settings.accessToken.length > 0) {
    headers.keys.push("lightstep-access-token");
    headers.values.push(settings.accessToken);
  }
  headers.keys = headers.keys.concat(settings.headers.keys);
  headers.values = headers.values.concat(settings.headers.values);
  return headers;
}

/** What the reporter says of itself, and what is true of all its spans. */
function reporterTags(service: string, version: string, constant: ConstantTag[]): ConstantTag[] {
  let tags = [
    new ConstantTag(text("lightstep.component_name"), text(service)),
    new ConstantTag(text("lightstep.tracer_platform"), text("envoy")),
    new ConstantTag(text("lightstep.tracer_version"), text(LIGHTSPAN_VERSION)),
  ];
  if (version.length > 0) tags.push(new ConstantTag(text("service.version"), text(version)));
  return tags.concat(constant);
}

/** The delivery of this VM that `settings` and the reporter's tags ask for; a new one if there is none. */
export function deliveryFor(settings: Settings, service: string, version: string, constant: ConstantTag[]): Delivery {
  let tags = reporterTags(service, version, constant);
  let headers = headersOf(settings);
  let key = settings.cluster + "\n" + settings.accessToken;
  key += "\n" + spell(settings.timeoutMs) + "\n" + spell(settings.maxBytes);
  key += "\n" + spell(settings.flushSpans) + "\n" + spell(settings.flushIntervalMs);
  for (let i = 0; i < headers.keys.length; i++) key += "\n" + headers.keys[i] + ": " + headers.values[i];
  for (let i = 0; i < tags.length; i++) key += "\n" + toText(tags[i].name) + "=" + toText(tags[i].value);

  for (let i = deliveries.length - 1; i >= 0; i--) {
    if (deliveries[i].key === key) return deliveries[i];
    if (deliveries[i].isOver) deliveries.splice(i, 1);
  }
  let delivery = new Delivery(
    new Destination(
      key,
      settings.cluster,
      encodePairs(headers.keys, headers.values),
      encodeHead(nextId(), tags, text(settings.accessToken)),
      settings.timeoutMs,
      settings.maxBytes,
      settings.flushSpans,
      settings.flushIntervalMs,
    ),
  );
  deliveries.push(delivery);
  return delivery;
}

/** Tells the delivery that made the call `token` of its answer; the root context may be gone from the roots already. */
export function tellAnswer(token: u32, headers: u32, bodySize: u32): void {
  for (let i = 0; i < deliveries.length; i++) unchecked(deliveries[i]).answered(token, headers, bodySize);
}

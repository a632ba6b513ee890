// Where reports go: the cluster, the request headers of each report as the host takes them, computed once, and the call itself.
// Doesn't know what is in a report, or what becomes of it.
import { encodePairs } from "../bytes/fields";
import { over, Slice, text } from "../bytes/slice";
import { Entries } from "../config/section";
import { Settings } from "../config/settings";
import { Call, dispatch } from "../host/calls";
import { deflate } from "../host/compress";
import { Format } from "./format";

/** Shorter header values are names of tenants and the like. */
const MIN_SECRET: i32 = 8;

/** `outbound|443||collector.example.com` is reached as collector.example.com, any other cluster by its own name. */
function authorityOf(cluster: string): string {
  let host = cluster.startsWith("outbound|") ? cluster.substring(cluster.lastIndexOf("|") + 1) : "";
  return host.length > 0 ? host : cluster;
}

function headersOf(settings: Settings, format: Format, accessToken: string): Entries {
  let headers = new Entries();
  headers.add(":method", "POST");
  headers.add(":path", settings.path.length > 0 ? settings.path : format.path);
  headers.add(":authority", settings.authority.length > 0 ? settings.authority : authorityOf(settings.cluster));
  headers.add("content-type", format.contentType);
  if (format.isGrpc) headers.add("te", "trailers");
  else headers.add("accept", format.contentType);
  if (accessToken.length > 0) headers.add("lightstep-access-token", accessToken);
  let more = settings.headers;
  // A proxy that traces the report itself, with Lightspan in it, would make a span of it, and so the next report.
  if (!more.keys.includes("b3")) headers.add("b3", "0");
  for (let i = 0; i < more.keys.length; i++) headers.add(more.keys[i], more.values[i]);
  return headers;
}

/** The token, and header values that may hold another one. */
function secretsOf(settings: Settings, accessToken: string): Slice[] {
  let secrets: Slice[] = [];
  if (accessToken.length > 0) secrets.push(text(accessToken));
  let values = settings.headers.values;
  for (let i = 0; i < values.length; i++) {
    // Of `Bearer …` and the like, collectors repeat only the part after the scheme.
    let words = values[i];
    let last = words.substring(words.lastIndexOf(" ") + 1);
    if (last.length >= MIN_SECRET) words = last;
    if (words.length >= MIN_SECRET) secrets.push(text(words));
  }
  return secrets;
}

export class Destination {
  private cluster: Slice;
  private timeoutMs: u32;
  /** Request headers as pairs (bytes/fields.ts). */
  private headers: Slice;
  /** The headers of a report that the host has compressed; null if reports go uncompressed. */
  private deflatedHeaders: Slice | null = null;
  private deflated: Slice = over(0, 0);
  /** These never appear in a log line. */
  readonly secrets: Slice[];

  constructor(settings: Settings, format: Format, accessToken: string) {
    let headers = headersOf(settings, format, accessToken);
    this.cluster = text(settings.cluster);
    this.timeoutMs = settings.timeoutMs;
    this.headers = encodePairs(headers.keys, headers.values);
    this.secrets = secretsOf(settings, accessToken);
    if (settings.deflates) {
      headers.add("content-encoding", "deflate");
      this.deflatedHeaders = encodePairs(headers.keys, headers.values);
    }
  }

  /** Sends the report of `size` bytes at `at`, compressed if wanted and possible. The host's status: see dispatch(). */
  send(at: usize, size: u32, call: Call): u32 {
    let deflated = this.deflated;
    let deflatedHeaders = this.deflatedHeaders;
    if (deflatedHeaders === null || !deflate(at, size, deflated))
      return dispatch(this.cluster, this.headers, at, size, this.timeoutMs, call);
    return dispatch(this.cluster, deflatedHeaders, deflated.at, deflated.size, this.timeoutMs, call);
  }
}

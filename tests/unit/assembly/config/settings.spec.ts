import { Source } from "../../../../assembly/config/section";
import { AUTO, CLIENT, LIGHTSTEP, OTLP, SamplingRule, ZIPKIN } from "../../../../assembly/config/settings";
import { text } from "../../../../assembly/bytes/slice";
import { B3, B3_MULTI, TRACECONTEXT } from "../../../../assembly/context/propagators";
import { Bytes } from "../bytes";
import { below, startChance } from "../chance";
import { read, readFenced, refusal, refusalOf } from "./sections";

/** The sources of custom tags, one per line. */
function told(sources: Source[]): string {
  let lines: string[] = [];
  for (let i = 0; i < sources.length; i++) {
    let source = sources[i];
    let fallback = source.fallback.length > 0 ? " or " + source.fallback : "";
    lines.push(source.path + ": " + source.tag + " from " + source.source + fallback);
  }
  return lines.join("\n");
}

/** Sampling rules, one per line: the conditions, and the rate in ten-thousandths. */
function rulesOf(rules: SamplingRule[]): string {
  let lines: string[] = [];
  for (let i = 0; i < rules.length; i++) {
    let rule = rules[i];
    let header = rule.headerName + "=" + rule.headerValue;
    lines.push([rule.pathPrefix, rule.method, header + ": " + rule.rate.toString()].join(" "));
  }
  return lines.join("\n");
}

function places(formats: u32[]): string {
  return formats.join(",");
}

const EVERYTHING =
  '{"collector":{"cluster":"outbound|443||c.example.com","authority":"c.example.com","path":"/r","timeout_ms":1,' +
  '"headers":{"x-a":"1","x-b":"2"},"access_token":"hush","protocol":"otlp","transport":"http",' +
  '"compression":"deflate"},"service":{"name":"reviews.default","version":"v3"},' +
  '"propagation":{"extract":["tracecontext","b3"],"inject":["b3","tracecontext"],"trace_id_bits":64,' +
  '"trust_incoming":false,"strip":true,"via":"filter_state"},"sampling":{"rate":0.5,"max_traces_per_second":2.5,' +
  '"rules":[{"path_prefix":"/a","method":"GET","header":{"name":"x-a","value":"1"},"rate":1},{"rate":0.0001}],' +
  '"keep_errors":true,"keep_slower_than_ms":250,"tracestate":true,"exclude_paths":["/healthz","/metrics"]},"span":{"kind":"client","max_tag_length":64,"url_query":"drop"},' +
  '"tags":{"literal":{"team":"blue"},"environment":{"pod":"POD"},"request_headers":{"tenant":"x-tenant"},' +
  '"response_headers":{"cache":{"source":"x-cache","default":"none"}},"properties":{"route":"xds.route_name"}},' +
  '"log":{"trace_id":true},"buffer":{"max_bytes":65536,"flush_spans":5,"flush_interval_ms":10},' +
  '"retry":{"attempts":7,"base_ms":20,"max_ms":300}}';

describe("the smallest configuration", () => {
  it("has every default", () => {
    let settings = read('{"collector":{"cluster":"x"}}');
    expect(refusal.reason).toBe("");
    if (settings === null) return;
    expect(settings.cluster).toBe("x");
    expect(settings.authority).toBe("");
    expect(settings.path).toBe("");
    expect(settings.headers.keys.length).toBe(0);
    expect(settings.accessToken).toBe("");
    expect(settings.accessTokenEnv).toBe("");
    expect(settings.protocol).toBe(LIGHTSTEP);
    expect(settings.isGrpc).toBe(false);
    expect(settings.deflates).toBe(false);
    expect(settings.timeoutMs).toBe(5000);
    expect(settings.serviceName).toBe("");
    expect(settings.serviceVersion).toBe("");
    expect(settings.extract.join(",")).toBe(places([B3, B3_MULTI, TRACECONTEXT]));
    expect(settings.inject.join(",")).toBe(places([B3_MULTI, TRACECONTEXT]));
    expect(settings.traceIdBits).toBe(128);
    expect(settings.trustIncoming).toBe(true);
    expect(settings.strip).toBe(false);
    expect(settings.viaStates).toBe(false);
    expect(settings.rate).toBe(10000);
    expect(settings.maxTracesPerSecond).toBe(0);
    expect(settings.samplingRules.length).toBe(0);
    expect(settings.excludePaths.length).toBe(0);
    expect(settings.keepsErrors).toBe(false);
    expect(settings.keepSlowerThanMs).toBe(0);
    expect(settings.setsThreshold).toBe(false);
    expect(settings.spanKind).toBe(AUTO);
    expect(settings.maxTagLength).toBe(256);
    expect(settings.dropsQuery).toBe(false);
    expect(settings.literalTags.length + settings.environmentTags.length + settings.propertyTags.length).toBe(0);
    expect(settings.requestHeaderTags.length + settings.responseHeaderTags.length).toBe(0);
    expect(settings.logsTraceId).toBe(false);
    expect(settings.maxBytes).toBe(1048576);
    expect(settings.flushSpans).toBe(200);
    expect(settings.flushIntervalMs).toBe(1000);
    expect(settings.attempts).toBe(12);
    expect(settings.retryBaseMs).toBe(250);
    expect(settings.retryMaxMs).toBe(5000);
  });

  it("may have its sections without keys", () => {
    expect(
      refusalOf(
        '{"collector":{"cluster":"x"},"service":{},"propagation":{},"sampling":{},"span":{},"tags":{},"buffer":{},"log":{}}',
      ),
    ).toBe("");
  });
});

describe("a complete configuration", () => {
  it("has each value in its place", () => {
    let settings = read(EVERYTHING);
    expect(refusal.reason).toBe("");
    if (settings === null) return;
    expect(settings.cluster).toBe("outbound|443||c.example.com");
    expect(settings.authority).toBe("c.example.com");
    expect(settings.path).toBe("/r");
    expect(settings.headers.keys.join(",")).toBe("x-a,x-b");
    expect(settings.headers.values.join(",")).toBe("1,2");
    expect(settings.accessToken).toBe("hush");
    expect(settings.protocol).toBe(OTLP);
    expect(settings.isGrpc).toBe(false);
    expect(settings.deflates).toBe(true);
    expect(settings.timeoutMs).toBe(1);
    expect(settings.serviceName).toBe("reviews.default");
    expect(settings.serviceVersion).toBe("v3");
    expect(settings.extract.join(",")).toBe(places([TRACECONTEXT, B3]));
    expect(settings.inject.join(",")).toBe(places([B3, TRACECONTEXT]));
    expect(settings.traceIdBits).toBe(64);
    expect(settings.trustIncoming).toBe(false);
    expect(settings.strip).toBe(true);
    expect(settings.viaStates).toBe(true);
    expect(settings.rate).toBe(5000);
    expect(settings.maxTracesPerSecond).toBe(25000);
    expect(rulesOf(settings.samplingRules)).toBe("/a GET x-a=1: 10000\n  =: 1");
    expect(settings.excludePaths.join(",")).toBe("/healthz,/metrics");
    expect(settings.keepsErrors).toBe(true);
    expect(settings.keepSlowerThanMs).toBe(250);
    expect(settings.setsThreshold).toBe(true);
    expect(settings.spanKind).toBe(CLIENT);
    expect(settings.maxTagLength).toBe(64);
    expect(settings.dropsQuery).toBe(true);
    expect(told(settings.literalTags)).toBe("tags.literal.team: team from blue");
    expect(told(settings.environmentTags)).toBe("tags.environment.pod: pod from POD");
    expect(told(settings.requestHeaderTags)).toBe("tags.request_headers.tenant: tenant from x-tenant");
    expect(told(settings.responseHeaderTags)).toBe("tags.response_headers.cache: cache from x-cache or none");
    expect(told(settings.propertyTags)).toBe("tags.properties.route: route from xds.route_name");
    expect(settings.logsTraceId).toBe(true);
    expect(settings.maxBytes).toBe(65536);
    expect(settings.flushSpans).toBe(5);
    expect(settings.flushIntervalMs).toBe(10);
    expect(settings.attempts).toBe(7);
    expect(settings.retryBaseMs).toBe(20);
    expect(settings.retryMaxMs).toBe(300);
  });
});

describe("a protocol", () => {
  it("uses a transport that it supports", () => {
    let settings = read('{"collector":{"cluster":"x","protocol":"zipkin","compression":"deflate"}}');
    if (settings === null) return expect(refusal.reason).toBe("");
    expect(settings.protocol).toBe(ZIPKIN);
    expect(settings.deflates).toBe(true);
    settings = read('{"collector":{"cluster":"x","transport":"grpc","access_token_env":"TOKEN"}}');
    if (settings === null) return expect(refusal.reason).toBe("");
    expect(settings.isGrpc).toBe(true);
    expect(settings.accessToken).toBe("");
    expect(settings.accessTokenEnv).toBe("TOKEN");
  });
});

describe("an invalid configuration", () => {
  it("is refused if it is empty, with the smallest sufficient one", () => {
    expect(refusalOf("")).toBe('configuration: is empty; allowed: an object, {"collector":{"cluster":"…"}} is enough');
  });

  it("is refused if it is blank", () => {
    expect(refusalOf(" \n")).toBe("not JSON at byte 2: found the end, expected a value");
  });

  it("is refused if it is not an object", () => {
    expect(refusalOf("[]")).toBe("configuration: found an array; allowed: an object");
    expect(refusalOf('[{"collector":{"cluster":"x"}}]')).toBe("configuration: found an array; allowed: an object");
    expect(refusalOf('"x"')).toBe("configuration: found a string; allowed: an object");
    expect(refusalOf("null")).toBe("configuration: found null; allowed: an object");
    expect(refusalOf("1")).toBe("configuration: found a number; allowed: an object");
  });

  it("is refused without a collector's cluster", () => {
    let missing = "collector.cluster: is missing; allowed: a string that is not empty";
    expect(refusalOf("{}")).toBe(missing);
    expect(refusalOf('{"collector":{}}')).toBe(missing);
    expect(refusalOf('{"service":{"name":"x"}}')).toBe(missing);
  });

  it("is refused at its first mistake in JSON", () => {
    let refused = "not JSON at byte 28: found ], expected `,` or `}`";
    expect(refusalOf('{"collector":{"cluster":"x"}]')).toBe(refused);
  });

  it("is forgotten once the next one is valid", () => {
    expect(refusalOf("{").length > 0).toBe(true);
    expect(refusalOf(EVERYTHING)).toBe("");
  });
});

describe("any configuration at all", () => {
  it("is refused at every truncation", () => {
    let bytes = text(EVERYTHING);
    let wrong = "";
    for (let size: u32 = 0; size < bytes.size; size++) {
      let settings = readFenced(bytes.at, size);
      if (settings !== null || refusal.reason.length === 0) wrong += size.toString() + " ";
    }
    expect(wrong).toBe("");
  });

  it("results in settings or a reason, whatever is changed in it", () => {
    startChance(13);
    let bytes = text(EVERYTHING);
    let changed = new Bytes().add(bytes.at, bytes.size);
    let wrong = "";
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      memory.copy(changed.at, bytes.at, bytes.size);
      store<u8>(changed.at + below(bytes.size), below(256));
      let settings = readFenced(changed.at, changed.size);
      if ((settings === null) === (refusal.reason.length === 0)) wrong += i.toString() + " ";
      if (settings === null) refused++;
    }
    expect(wrong).toBe("");
    expect(refused > 1000 && refused < 3000).toBe(true, refused.toString());
  });
});

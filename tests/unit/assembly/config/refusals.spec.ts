// Every configuration key with the values that it rejects. A reason names the path, the value found and the values
// allowed, and never a secret.
import { refusalOf } from "./sections";

/** The smallest configuration with the JSON `value` at `path`, which is `section.key`. */
function configured(path: string, value: string): string {
  let dot = path.indexOf(".");
  let section = path.substring(0, dot);
  let key = path.substring(dot + 1);
  if (key === "cluster") return '{"collector":{"cluster":' + value + "}}";
  let entry = '"' + key + '":' + value;
  if (section === "collector") return '{"collector":{"cluster":"x",' + entry + "}}";
  return '{"collector":{"cluster":"x"},"' + section + '":{' + entry + "}}";
}

/**
 * The mistakes in how `paths` refuse each of `values`, given the expected `found` and `allowed`; "" if there are none.
 */
function notRefused(paths: string[], values: string[], found: string[], allowed: string): string {
  let wrong = "";
  for (let i = 0; i < paths.length; i++) {
    for (let j = 0; j < values.length; j++) {
      let expected = paths[i] + ": found " + found[j] + "; allowed: " + allowed;
      let reason = refusalOf(configured(paths[i], values[j]));
      if (reason !== expected) wrong += reason + " <> " + expected + "\n";
    }
  }
  return wrong;
}

function refusesBeyond(path: string, least: u32, most: u32): void {
  let allowed = "; allowed: an integer from " + least.toString() + " to " + most.toString();
  expect(refusalOf(configured(path, least.toString()))).toBe("");
  expect(refusalOf(configured(path, most.toString()))).toBe("");
  let beyond = [(least - 1).toString(), (most + 1).toString(), "-1", least.toString() + ".5", "4294967297", "1e300"];
  for (let i = 0; i < beyond.length; i++) {
    expect(refusalOf(configured(path, beyond[i]))).toBe(path + ": found " + beyond[i] + allowed);
  }
}

const STRINGS = [
  "collector.cluster",
  "collector.authority",
  "collector.path",
  "collector.access_token_env",
  "service.name",
  "service.version",
];
const INTEGERS = [
  "collector.timeout_ms",
  "sampling.keep_slower_than_ms",
  "span.max_tag_length",
  "buffer.max_bytes",
  "buffer.flush_spans",
  "buffer.flush_interval_ms",
  "retry.attempts",
  "retry.base_ms",
  "retry.max_ms",
];

const SECTIONS = ["collector", "service", "propagation", "sampling", "span", "tags", "buffer", "retry", "log"];
const KEYS: string[][] = [
  [
    "cluster",
    "protocol",
    "transport",
    "authority",
    "path",
    "headers",
    "access_token",
    "access_token_env",
    "timeout_ms",
    "compression",
  ],
  ["name", "version"],
  ["extract", "inject", "trace_id_bits", "trust_incoming", "strip", "via"],
  ["rate", "rules", "max_traces_per_second", "keep_errors", "keep_slower_than_ms", "tracestate", "exclude_paths"],
  ["kind", "max_tag_length", "url_query"],
  ["literal", "environment", "request_headers", "response_headers", "properties"],
  ["max_bytes", "flush_spans", "flush_interval_ms"],
  ["attempts", "base_ms", "max_ms"],
  ["trace_id"],
];

describe("a wrong type", () => {
  it("is refused at each string", () => {
    let values = ["1", "true", "null", "[]", "{}", '""'];
    let found = ["1", "true", "null", "an array", "an object", '""'];
    expect(notRefused(STRINGS, values, found, "a string that is not empty")).toBe("");
  });

  it("is refused at each integer", () => {
    let values = ['"5000"', "true", "null", "[]", "{}"];
    let found = ['"5000"', "true", "null", "an array", "an object"];
    for (let i = 0; i < INTEGERS.length; i++) {
      for (let j = 0; j < values.length; j++) {
        let reason = refusalOf(configured(INTEGERS[i], values[j]));
        let expected = INTEGERS[i] + ": found " + found[j] + "; allowed: an integer from ";
        expect(reason.startsWith(expected)).toBe(true, reason);
      }
    }
  });

  it("is refused at the enumerations of span", () => {
    let values = ["1", "true", "null", "[]", "{}", '""', '"SERVER"', '"producer"'];
    let found = ["1", "true", "null", "an array", "an object", '""', '"SERVER"', '"producer"'];
    expect(notRefused(["span.kind"], values, found, "auto, client, server")).toBe("");
    expect(notRefused(["span.url_query"], values, found, "keep, drop")).toBe("");
  });

  it("is refused at the enumerations of propagation", () => {
    let values = ["1", "true", "null", "[]", "{}", '""', '"Headers"', '"headers, filter_state"'];
    let found = ["1", "true", "null", "an array", "an object", '""', '"Headers"', '"headers, filter_state"'];
    expect(notRefused(["propagation.via"], values, found, "headers, filter_state")).toBe("");
  });

  it("is refused at the enumerations of collector", () => {
    let values = ["1", "true", "null", "[]", "{}", '""', '"OTLP"', '"otlp, zipkin"'];
    let found = ["1", "true", "null", "an array", "an object", '""', '"OTLP"', '"otlp, zipkin"'];
    expect(notRefused(["collector.protocol"], values, found, "lightstep, otlp, zipkin")).toBe("");
    expect(notRefused(["collector.transport"], values, found, "http, grpc")).toBe("");
    expect(notRefused(["collector.compression"], values, found, "none, deflate")).toBe("");
  });

  it("is refused at each boolean", () => {
    let values = ["1", '"true"', "null", "[]", "{}"];
    let found = ["1", '"true"', "null", "an array", "an object"];
    let booleans = ["propagation.trust_incoming", "propagation.strip", "log.trace_id"];
    booleans.push("sampling.keep_errors");
    booleans.push("sampling.tracestate");
    expect(notRefused(booleans, values, found, "true, false")).toBe("");
  });

  it("is refused at the width of trace ids", () => {
    let values = ["0", "63", "65", "96", "127", "129", "64.5", '"64"', "null", "-64", "18446744073709551744"];
    expect(notRefused(["propagation.trace_id_bits"], values, values, "128, 64")).toBe("");
  });

  it("is refused at the lists of formats", () => {
    let formats = "b3, b3multi, tracecontext, each once";
    let values = ['"b3"', "1", "null", "{}", "true"];
    let found = ['"b3"', "1", "null", "an object", "true"];
    expect(notRefused(["propagation.extract"], values, found, "an array of one or more of " + formats)).toBe("");
    expect(notRefused(["propagation.inject"], values, found, "an array of " + formats)).toBe("");
  });

  it("is refused at the excluded paths", () => {
    let values = ['"/healthz"', "1", "null", "{}", "true"];
    let found = ['"/healthz"', "1", "null", "an object", "true"];
    expect(notRefused(["sampling.exclude_paths"], values, found, "an array of paths that begin with /")).toBe("");
  });

  it("is refused at the sampling rules", () => {
    let values = ['"/a"', "1", "null", "{}", "true"];
    let found = ['"/a"', "1", "null", "an object", "true"];
    expect(notRefused(["sampling.rules"], values, found, "an array of up to 50 objects")).toBe("");
  });

  it("is refused at the access token", () => {
    let values = ["1", "true", "null", "[]", "{}", '""'];
    let found = ["a number", "a boolean", "null", "an array", "an object", "an empty string"];
    expect(notRefused(["collector.access_token"], values, found, "a string that is not empty")).toBe("");
  });

  it("is refused at the headers and inside them", () => {
    let values = ["1", "true", "null", "[]"];
    let found = ["a number", "a boolean", "null", "an array"];
    expect(notRefused(["collector.headers"], values, found, "an object of strings")).toBe("");
    let reason = refusalOf(configured("collector.headers", '{"x-a":"1","x-b":2}'));
    expect(reason).toBe("collector.headers.x-b: found a number; allowed: a string");
  });

  it("is refused at each section", () => {
    expect(refusalOf('{"collector":[]}')).toBe("collector: found an array; allowed: an object");
    let rest = '{"collector":{"cluster":"x"},';
    expect(refusalOf(rest + '"service":"x"}')).toBe("service: found a string; allowed: an object");
    expect(refusalOf(rest + '"propagation":true}')).toBe("propagation: found a boolean; allowed: an object");
    expect(refusalOf(rest + '"sampling":0.5}')).toBe("sampling: found a number; allowed: an object");
    expect(refusalOf(rest + '"tags":["x"]}')).toBe("tags: found an array; allowed: an object");
    expect(refusalOf(rest + '"log":false}')).toBe("log: found a boolean; allowed: an object");
    expect(refusalOf(rest + '"span":null}')).toBe("span: found null; allowed: an object");
    expect(refusalOf(rest + '"buffer":1}')).toBe("buffer: found a number; allowed: an object");
  });
});

describe("a number out of range", () => {
  it("is refused at the timeout", () => refusesBeyond("collector.timeout_ms", 1, 600000));
  it("is refused at the duration from which spans are kept", () => {
    let path = "sampling.keep_slower_than_ms";
    let allowed = "an integer from 0 to 3600000";
    expect(refusalOf(configured(path, "0"))).toBe("");
    expect(refusalOf(configured(path, "3600000"))).toBe("");
    let beyond = ["3600001", "-1", "0.5", "4294967296"];
    expect(notRefused([path], beyond, beyond, allowed)).toBe("");
  });
  it("is refused at the tag length", () => refusesBeyond("span.max_tag_length", 1, 65536));
  it("is refused at the buffer's bytes", () => refusesBeyond("buffer.max_bytes", 65536, 268435456));
  it("is refused at the number of spans that cause a flush", () => refusesBeyond("buffer.flush_spans", 1, 100000));
  it("is refused at the flush interval", () => refusesBeyond("buffer.flush_interval_ms", 10, 3600000));
  it("is refused at the number of attempts", () => refusesBeyond("retry.attempts", 1, 100));
  it("is refused at the first wait", () => refusesBeyond("retry.base_ms", 1, 3600000));
  it("is refused at the longest wait", () => refusesBeyond("retry.max_ms", 1, 3600000));
});

describe("a rate", () => {
  it("goes from 0 to 1 in steps of 0.0001", () => {
    let right = ["0", "1", "0.0001", "0.9999", "1e-4", "1.0000", "-0"];
    for (let i = 0; i < right.length; i++) expect(refusalOf(configured("sampling.rate", right[i]))).toBe("");
    let wrong = ["1.0001", "0.00001", "0.12345", "-0.0001", "100", "1e-5", '"0.5"', "null", "true"];
    let allowed = "a number from 0 to 1 in steps of 0.0001";
    expect(notRefused(["sampling.rate"], wrong, wrong, allowed)).toBe("");
  });
});

describe("a cap of traces", () => {
  it("goes from 0 to a million a second", () => {
    let path = "sampling.max_traces_per_second";
    let right = ["0", "0.0001", "0.5", "1", "1000000", "1e6"];
    for (let i = 0; i < right.length; i++) expect(refusalOf(configured(path, right[i]))).toBe("");
    let wrong = ["1000000.0001", "0.00001", "-1", "1e7", "18446744073709551617", '"5"', "null"];
    let allowed = "a number from 0 to 1000000 in steps of 0.0001";
    expect(notRefused([path], wrong, wrong, allowed)).toBe("");
  });
});

describe("an item of a list", () => {
  it("is refused if it is not a format, with its index", () => {
    let formats = "; allowed: an array of b3, b3multi, tracecontext, each once";
    let path = "propagation.inject";
    expect(refusalOf(configured(path, '["b3","B3"]'))).toBe(path + '[1]: found "B3"' + formats);
    expect(refusalOf(configured(path, "[1]"))).toBe(path + "[0]: found 1" + formats);
    expect(refusalOf(configured(path, '["b3","b3multi","b3"]'))).toBe(path + '[2]: found "b3"' + formats);
    expect(refusalOf(configured(path, '[["b3"]]'))).toBe(path + "[0]: found an array" + formats);
  });

  it("may be missing if nothing is to be written, but not if nothing would be read", () => {
    expect(refusalOf(configured("propagation.inject", "[]"))).toBe("");
    let refused = "propagation.extract: found an array; allowed: ";
    expect(refusalOf(configured("propagation.extract", "[]")).startsWith(refused)).toBe(true);
  });

  it("is refused if it is not a path, with its index", () => {
    let path = "sampling.exclude_paths";
    expect(refusalOf(configured(path, '["/healthz","/"]'))).toBe("");
    let allowed = "; allowed: a path that begins with /";
    expect(refusalOf(configured(path, '["/healthz","metrics"]'))).toBe(path + '[1]: found "metrics"' + allowed);
    expect(refusalOf(configured(path, '[""]'))).toBe(path + '[0]: found ""' + allowed);
    expect(refusalOf(configured(path, "[null]"))).toBe(path + "[0]: found null" + allowed);
  });
});

/** Why `rules` are refused, after `sampling.rules`; "" if they aren't. */
function rulesRefused(rules: string): string {
  let reason = refusalOf(configured("sampling.rules", rules));
  return reason.startsWith("sampling.rules") ? reason.substring(14) : reason;
}

function manyRules(count: i32): string {
  let rules: string[] = [];
  for (let i = 0; i < count; i++) rules.push('{"path_prefix":"/","rate":1}');
  return "[" + rules.join(",") + "]";
}

describe("a sampling rule", () => {
  it("may have each condition, all of them, or, as the last, none", () => {
    let right = [
      "[]",
      '[{"rate":0}]',
      '[{"path_prefix":"/a","rate":1},{"method":"GET","rate":0.5},{"header":{"name":"a"},"rate":0.0001},{"rate":1}]',
      '[{"path_prefix":"/","method":"M-SEARCH","header":{"name":":authority","value":"x y"},"rate":1}]',
      '[{"header":{"name":"host"},"rate":1}]',
    ];
    for (let i = 0; i < right.length; i++) expect(rulesRefused(right[i])).toBe("", right[i]);
  });

  it("is refused without a condition unless it is the last, with its number", () => {
    let refused = ": has no condition, so no rule after it can match; ";
    refused += "allowed: path_prefix, method, header; none only in the last rule";
    expect(rulesRefused('[{"rate":1},{"rate":0}]')).toBe("[0]" + refused);
    expect(rulesRefused('[{"method":"GET","rate":1},{"rate":1},{"rate":0}]')).toBe("[1]" + refused);
  });

  it("is refused without a rate, or with one out of range", () => {
    let allowed = "; allowed: a number from 0 to 1 in steps of 0.0001";
    expect(rulesRefused('[{"path_prefix":"/a"}]')).toBe("[0].rate: is missing" + allowed);
    expect(rulesRefused("[{}]")).toBe("[0].rate: is missing" + allowed);
    expect(rulesRefused('[{"rate":1.5}]')).toBe("[0].rate: found 1.5" + allowed);
    expect(rulesRefused('[{"rate":0.00001}]')).toBe("[0].rate: found 0.00001" + allowed);
    expect(rulesRefused('[{"method":"GET","rate":1},{"rate":"1"}]')).toBe('[1].rate: found "1"' + allowed);
  });

  it("is refused if it is not an object", () => {
    expect(rulesRefused("[1]")).toBe("[0]: found a number; allowed: an object");
    expect(rulesRefused('[{"method":"GET","rate":1},null]')).toBe("[1]: found null; allowed: an object");
  });

  it("is refused for a path that does not begin with a slash, or has spaces", () => {
    let allowed = "; allowed: a path that begins with / and has no spaces";
    expect(rulesRefused('[{"path_prefix":"a","rate":1}]')).toBe('[0].path_prefix: found "a"' + allowed);
    expect(rulesRefused('[{"path_prefix":"/a b","rate":1}]')).toBe('[0].path_prefix: found "/a b"' + allowed);
    let empty = '[0].path_prefix: found ""; allowed: a string that is not empty';
    expect(rulesRefused('[{"path_prefix":"","rate":1}]')).toBe(empty);
  });

  it("is refused for a method that is not in capitals", () => {
    let methods = ["get", "Get", "GET ", "G3T", "GÉT", "G:T"];
    for (let i = 0; i < methods.length; i++) {
      let refused = '[0].method: found "' + methods[i] + '"; allowed: a method in capitals, such as GET';
      expect(rulesRefused('[{"method":"' + methods[i] + '","rate":1}]')).toBe(refused);
    }
    expect(rulesRefused('[{"method":"","rate":1}]').startsWith('[0].method: found ""')).toBe(true);
  });

  it("is refused for a header without a name, or with one that is none", () => {
    let allowed = "; allowed: a header name in lower case, up to 63 bytes, :authority, :method, :path, :scheme";
    let missing = "[0].header.name: is missing; allowed: a string that is not empty";
    expect(rulesRefused('[{"header":{},"rate":1}]')).toBe(missing);
    expect(rulesRefused('[{"header":{"value":"x"},"rate":1}]')).toBe(missing);
    let names = ["X-Tenant", "x tenant", ":status", ":", "n".repeat(64)];
    for (let i = 0; i < names.length; i++) {
      let refused = '[0].header.name: found "' + names[i] + '"' + allowed;
      expect(rulesRefused('[{"header":{"name":"' + names[i] + '"},"rate":1}]')).toBe(refused);
    }
    expect(rulesRefused('[{"header":{"name":"' + "n".repeat(63) + '"},"rate":1}]')).toBe("");
    expect(rulesRefused('[{"header":"x-tenant","rate":1}]')).toBe("[0].header: found a string; allowed: an object");
  });

  it("is refused for a header's value that is empty or has control characters", () => {
    let refused = '[0].header.value: found ""; allowed: a string that is not empty';
    expect(rulesRefused('[{"header":{"name":"a","value":""},"rate":1}]')).toBe(refused);
    refused = "[0].header.value: holds control characters or half a surrogate pair; allowed: a string without them";
    expect(rulesRefused('[{"header":{"name":"a","value":"x\\n"},"rate":1}]')).toBe(refused);
  });

  it("is refused for a key that is unknown, with its number", () => {
    let refused = "[1].prefix: is unknown; allowed: path_prefix, method, header, rate";
    expect(rulesRefused('[{"method":"GET","rate":1},{"prefix":"/","rate":1}]')).toBe(refused);
    refused = "[0].header.values: is unknown; allowed: name, value";
    expect(rulesRefused('[{"header":{"name":"a","values":"b"},"rate":1}]')).toBe(refused);
  });

  it("may be one of 50, not of 51", () => {
    expect(rulesRefused(manyRules(50))).toBe("");
    expect(rulesRefused(manyRules(51))).toBe(": found 51; allowed: an array of up to 50 objects");
  });
});

describe("sampling.tracestate", () => {
  it("is refused if tracecontext is not injected", () => {
    let rest = '{"collector":{"cluster":"x"},"sampling":{"tracestate":true},"propagation":{"inject":';
    let refused = "sampling.tracestate: is true; allowed: false, or tracecontext in propagation.inject";
    expect(refusalOf(rest + "[]}}")).toBe(refused);
    expect(refusalOf(rest + '["b3","b3multi"]}}')).toBe(refused);
    expect(refusalOf(rest + '["b3","tracecontext"]}}')).toBe("");
    expect(refusalOf('{"collector":{"cluster":"x"},"sampling":{"tracestate":false},"propagation":{"inject":[]}}')).toBe(
      "",
    );
  });
});

describe("the kind of span", () => {
  it("may be each of the three", () => {
    expect(refusalOf(configured("span.kind", '"auto"'))).toBe("");
    expect(refusalOf(configured("span.kind", '"client"'))).toBe("");
    expect(refusalOf(configured("span.kind", '"server"'))).toBe("");
  });
});

describe("a contradictory combination", () => {
  it("is refused: Zipkin over gRPC, gRPC with deflate, two tokens", () => {
    let rest = '{"collector":{"cluster":"x",';
    let refused = refusalOf(rest + '"protocol":"zipkin","transport":"grpc"}}');
    expect(refused).toBe('collector.transport: found "grpc"; allowed: http');
    refused = refusalOf(rest + '"compression":"deflate","transport":"grpc"}}');
    expect(refused).toBe('collector.compression: found "deflate"; allowed: none');
    refused = refusalOf(rest + '"access_token_env":"TOKEN","access_token":"hush"}}');
    expect(refused).toBe("collector.access_token_env: is given besides access_token; allowed: one of the two");
  });
});

describe("an unknown key", () => {
  it("is refused at the top, with the known sections", () => {
    let reason = refusalOf('{"collector":{"cluster":"x"},"Collector":{}}');
    expect(reason.startsWith("Collector: is unknown; allowed: collector, service, ")).toBe(true, reason);
  });

  it("is refused in each section, with the known keys", () => {
    for (let i = 0; i < SECTIONS.length; i++) {
      let path = SECTIONS[i] + ".unheard_of";
      let reason = refusalOf(configured(path, '"hush"'));
      let allowed = reason.substring(reason.lastIndexOf(":") + 2).split(", ");
      expect(reason.startsWith(path + ": is unknown; allowed: ")).toBe(true, reason);
      for (let j = 0; j < KEYS[i].length; j++) expect(allowed.includes(KEYS[i][j])).toBe(true, KEYS[i][j]);
    }
  });

  it("is refused in a section even if another section has it", () => {
    let reason = refusalOf(configured("buffer.max_tag_length", "256"));
    expect(reason.startsWith("buffer.max_tag_length: is unknown; allowed: max_bytes, ")).toBe(true, reason);
  });
});

describe("a secret", () => {
  it("is in no reason, whatever else is wrong", () => {
    let secrets = '"access_token":"hush-1","headers":{"authorization":"hush-2"}';
    let wrong = [
      '{"collector":{' + secrets + "}}",
      '{"collector":{"cluster":1,' + secrets + "}}",
      '{"collector":{"cluster":"x",' + secrets + ',"timeout_ms":"x"}}',
      '{"collector":{"cluster":"x",' + secrets + ',"unheard_of":1}}',
      '{"collector":{"cluster":"x",' + secrets + "}",
      '{"collector":{"cluster":"x",' + secrets + ',"access_token":"hush-3"}}',
      '{"collector":{"cluster":"x","access_token":"hush-1\\n"}}',
      '{"collector":{"cluster":"x","access_token":["hush-1"]}}',
      '{"collector":{"cluster":"x","access_token":{"hush-1":"hush-2"}}}',
      '{"collector":{"cluster":"x","accessToken":"hush-1"}}',
      '{"collector":{"cluster":"x","headers":["hush-1"]}}',
      '{"collector":{"cluster":"x","headers":{"authorization":"hush-1\\u0000"}}}',
      '{"collector":{"cluster":"x","headers":{"Authorization":"hush-1"}}}',
      '{"collector":{"cluster":"x","headers":{"authorization":["hush-1"]}}}',
      '{"collector":{"cluster":"x","headers":{"authorization":"hush-1","authorization":"hush-2"}}}',
      '{"collector":{"cluster":"x"},"access_token":"hush-1"}',
      '["hush-1"]',
    ];
    for (let i = 0; i < wrong.length; i++) {
      let reason = refusalOf(wrong[i]);
      expect(reason.length > 0).toBe(true, wrong[i]);
      expect(reason.includes("hush")).toBe(false, reason);
    }
  });
});

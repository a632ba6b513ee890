// One mistake of each kind that a configuration can have, and what it is answered with.
import type { Changes } from "./sidecar.ts";

const FORMATS = "b3, b3multi, tracecontext, each once";
const TEXT = "a string that is not empty";

/** Refused for what was found at the path, and told what is allowed there. */
export const MISTAKES: [what: string, changes: Changes, path: string, found: string, allowed: string][] = [
  ["a string is empty", { collector: { cluster: "" } }, "collector.cluster", 'found ""', TEXT],
  ["a string is a number", { service: { name: 7 } }, "service.name", "found 7", TEXT],
  ["a string is null", { service: { version: null } }, "service.version", "found null", TEXT],
  ["a section is no object", { buffer: [] as never }, "buffer", "found an array", "an object"],
  ["a section is a string", { span: "x" as never }, "span", 'found "x"', "an object"],
  [
    "a header value has control characters",
    { collector: { authority: "a\nb" } },
    "collector.authority",
    "holds control characters or half a surrogate pair",
    "a string without them",
  ],
  [
    "a path does not begin with a slash",
    { collector: { path: "api" } },
    "collector.path",
    'found "api"',
    "a path that begins with / and has no spaces",
  ],
  ["a token is a number", { collector: { access_token: 1234 } }, "collector.access_token", "found a number", TEXT],
  ["a token is empty", { collector: { access_token: "" } }, "collector.access_token", "found an empty string", TEXT],
  [
    "headers are no object",
    { collector: { headers: [] } },
    "collector.headers",
    "found an array",
    "an object of strings",
  ],
  ["a header is a number", { collector: { headers: { a: 1 } } }, "collector.headers.a", "found a number", "a string"],
  [
    "a header's name is no token",
    { collector: { headers: { "A B": "x" } } },
    "collector.headers.A B",
    "is no header name",
    "a-z, 0-9 and !#$%&'*+-.^_`|~",
  ],
  [
    "an integer is too small",
    { buffer: { max_bytes: 65535 } },
    "buffer.max_bytes",
    "found 65535",
    "an integer from 65536 to 268435456",
  ],
  [
    "an integer is too large",
    { collector: { timeout_ms: 600001 } },
    "collector.timeout_ms",
    "found 600001",
    "an integer from 1 to 600000",
  ],
  [
    "an integer is a fraction",
    { buffer: { flush_spans: 1.5 } },
    "buffer.flush_spans",
    "found 1.5",
    "an integer from 1 to 100000",
  ],
  [
    "an integer is a string",
    { buffer: { flush_interval_ms: "1000" } },
    "buffer.flush_interval_ms",
    'found "1000"',
    "an integer from 10 to 3600000",
  ],
  [
    "a word is not one of the list",
    { span: { kind: "Server" } },
    "span.kind",
    'found "Server"',
    "auto, client, server",
  ],
  [
    "a number is not one of two",
    { propagation: { trace_id_bits: 96 } },
    "propagation.trace_id_bits",
    "found 96",
    "128, 64",
  ],
  ["a boolean is a string", { propagation: { strip: "yes" } }, "propagation.strip", 'found "yes"', "true, false"],
  [
    "a list is empty",
    { propagation: { extract: [] } },
    "propagation.extract",
    "found an array",
    `an array of one or more of ${FORMATS}`,
  ],
  [
    "a list has a stranger",
    { propagation: { extract: ["b3", "jaeger"] } },
    "propagation.extract[1]",
    'found "jaeger"',
    `an array of one or more of ${FORMATS}`,
  ],
  [
    "a list has something twice",
    { propagation: { inject: ["b3", "b3"] } },
    "propagation.inject[1]",
    'found "b3"',
    `an array of ${FORMATS}`,
  ],
  [
    "a decimal is out of range",
    { sampling: { rate: 1.0001 } },
    "sampling.rate",
    "found 1.0001",
    "a number from 0 to 1 in steps of 0.0001",
  ],
  [
    "a decimal is too fine",
    { sampling: { rate: 0.00005 } },
    "sampling.rate",
    "found 0.00005",
    "a number from 0 to 1 in steps of 0.0001",
  ],
  [
    "a path in a list does not begin with a slash",
    { sampling: { exclude_paths: ["/a", "b"] } },
    "sampling.exclude_paths[1]",
    'found "b"',
    "a path that begins with /",
  ],
  ["a key is unknown", { service: { nmae: "reviews" } }, "service.nmae", "is unknown", "name, version"],
];

const ENOUGH = '{"collector":{"cluster":"…"}} is enough';

/** Whole texts that are wrong, and why they are refused. */
export const TEXTS: [what: string, text: string, reason: string][] = [
  ["is missing", "", `configuration: is empty; allowed: an object, ${ENOUGH}`],
  ["is an empty object", "{}", "collector.cluster: is missing; allowed: a string that is not empty"],
  ["is not text", "\u0001", "not JSON at byte 0: found byte 1, expected a value"],
  ["is null", "null", "configuration: found null; allowed: an object"],
  ["is an array", "[]", "configuration: found an array; allowed: an object"],
  ["is YAML", "collector:", "not JSON at byte 0: found c, expected a value"],
  ["is cut off", '{"collector":{"cluster":"x"', "not JSON at byte 27: found the end, expected `,` or `}`"],
  ["has a comma too many", '{"a":1,}', "not JSON at byte 7: found }, expected a quoted key"],
  ["has something behind it", "{} x", "not JSON at byte 3: found x, expected nothing more"],
  ["has a key twice", '{"a":1,"a":2}', "not JSON at byte 10: found :, expected each key once, `a` came before"],
  ["is nested too deep", "[".repeat(40), "not JSON at byte 33: found [, expected no more than 32 levels"],
];

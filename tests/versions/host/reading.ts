// What each callback can read, and whose filter states reach the access log.
import { attributes, lists, maps, readingCallbacks } from "./config.ts";
import { entriesOf, hears, protocols, streamsOf, type Entry, type Ground, type Protocol } from "./ground.ts";
import type { Facts } from "./table.ts";

interface Case {
  name: string;
  only?: Protocol[];
  /** What the table shows of the case; everything if omitted. */
  shown?: Set<string>;
  send(ground: Ground, protocol: Protocol, since: () => string): Promise<unknown>;
}

const listener = "reading";
const states = "filter state in the access log";

/** The subjects that depend on how a stream ended. */
const ends = new Set([
  ...["request headers", "response headers", "request.duration", "response.code", "response.flags"],
  ...["response.backend_latency"],
  ...[...Object.keys(lists), states],
]);
/** The subjects that tell whether an unsampled stream ended as usual. */
const usual = new Set(["request.duration", "response.code", "response.grpc_status", states]);
/** The subjects for a stream whose request headers never came. */
const late = new Set([
  ...["request headers", "response.code_details", "upstream.address"],
  ...["the list with has()", states],
]);

const cases: Case[] = [
  { name: "GET", send: (ground, protocol) => ground.request(listener, protocol, "/u/ok") },
  {
    name: "gRPC status 7",
    only: ["HTTP/2", "HTTP/3"],
    // The state itself doesn't matter, but its line must have been logged before the next case begins.
    shown: new Set(["response headers", "response trailers", "response.grpc_status", states]),
    send: (ground, protocol) =>
      ground.visit(listener, protocol).grpc({ headers: {}, messages: 1, trailers: { "grpc-status": "7" } }),
  },
  {
    name: "gRPC status 0",
    only: ["HTTP/2", "HTTP/3"],
    shown: usual,
    send: (ground, protocol) =>
      ground.visit(listener, protocol).grpc({ headers: {}, messages: 1, trailers: { "grpc-status": "0" } }),
  },
  {
    name: "gRPC status 0 in headers",
    only: ["HTTP/2", "HTTP/3"],
    shown: usual,
    send: (ground, protocol) => ground.visit(listener, protocol).grpc({ headers: { "grpc-status": "0" } }),
  },
  {
    name: "direct response",
    shown: usual,
    send: (ground, protocol) => ground.request(listener, protocol, "/direct/x"),
  },
  { name: "no route", shown: ends, send: (ground, protocol) => ground.request(listener, protocol, "/none") },
  {
    name: "client reset before the answer",
    shown: ends,
    send: (ground, protocol, since) => {
      const visit = ground.visit(listener, protocol);
      const heard = hears(since, "rh");
      return protocol === "HTTP/1"
        ? visit.talk(visit.head("GET", "/u/never"), heard, "reset")
        : visit.http2({ ":method": "GET", ":path": "/u/never" }, heard, "cancel");
    },
  },
  {
    name: "an earlier filter's 403",
    only: ["HTTP/1", "HTTP/2"],
    shown: late,
    send: (ground, protocol) => ground.request(listener, protocol, "/denied/ok"),
  },
  {
    name: "no host",
    only: ["HTTP/1"],
    shown: late,
    send: (ground, protocol) => ground.visit(listener, protocol).talk("GET /u/ok HTTP/1.1\r\n\r\n"),
  },
  {
    name: "a stream that skipped the filter",
    only: ["HTTP/1", "HTTP/2"],
    shown: late,
    send: (ground, protocol) => ground.request(listener, protocol, "/u/ok", { "x-skip": "yes" }),
  },
];

/** Attributes whose values are the same in every run; for others it only matters whether they can be read. */
const steady = new Set([
  ...["request.protocol", "request.path", "response.code", "response.flags", "response.size"],
  ...["response.code_details", "response.grpc_status", "xds.listener_direction"],
]);

function wordFor(attribute: string, answer = "status"): string {
  if (answer.startsWith("status")) return "-";
  // These requests have no body.
  if (attribute === "request.total_size") return answer === "0" ? "body" : "headers+body";
  return steady.has(attribute) ? answer.replaceAll('"', "").replaceAll(" ", "_") : "yes";
}

const isThere = (answer = "status"): string => (/^(status|0 bytes|not compiled)/.test(answer) ? "-" : "yes");

/** `rh yes, log yes`: one word for each callback of the stream. */
function across(stream: Entry[], word: (answers: Entry["answers"]) => string): string {
  const asked = stream.filter(({ callback }) => readingCallbacks.includes(callback));
  const words = asked.map(({ callback, answers }): [string, string] => [callback, word(answers)]);
  const [[, first] = ["", "nothing"]] = words;
  if (words.every(([, each]) => each === first)) return `always ${first}`;
  return words.map(([callback, each]) => `${callback} ${each}`).join(", ");
}

/** What one stream could read, by subject. */
function readingsOf(log: string): Map<string, string> {
  const [stream] = streamsOf(entriesOf(log));
  const found = new Map<string, string>();
  if (stream === undefined) return found;
  const note = (subject: string, word: (answers: Entry["answers"]) => string): unknown =>
    found.set(subject, across(stream, word));
  for (const [name, map] of Object.entries(maps)) note(name, (answers) => isThere(answers.get(`map ${map}`)));
  for (const name of attributes) note(name, (answers) => wordFor(name, answers.get(`get ${name}`)));
  for (const [name, list] of Object.entries(lists)) note(name, (answers) => isThere(answers.get(`cel ${list}`)));
  const logged = /^ACCESS (?!\/sentinel)(.*)$/m.exec(log)?.[1] ?? "";
  const seen = [...logged.matchAll(/ (\w+)=(\S+)/g)].filter(([, , value]) => value !== "-");
  found.set(states, seen.map(([, callback]) => `set in ${callback}`).join(", ") || "none");
  return found;
}

export async function measureReading(ground: Ground, facts: Facts): Promise<void> {
  for (const { name, only = protocols, shown, send } of cases) {
    for (const protocol of only) {
      const nameOf = (subject: string): string => [`reading of ${name}`, subject, protocol].join(", ");
      const found = await ground.observe(
        listener,
        protocol,
        (since) => send(ground, protocol, since),
        (log) => new Map([...readingsOf(log)].filter(([subject]) => shown?.has(subject) ?? true)),
        (values) =>
          values.size > 0 && [...values].every(([subject, value]) => ground.expected.get(nameOf(subject)) === value),
      );
      for (const [subject, value] of found) facts.set(nameOf(subject), value);
    }
  }
}

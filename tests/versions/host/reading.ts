// What is readable in which callback, and of which callback's filter state the access log knows.
import { attributes, lists, maps, readingCallbacks } from "./config.ts";
import { entriesOf, hears, protocols, streamsOf, type Entry, type Ground, type Protocol } from "./ground.ts";
import type { Facts } from "./table.ts";

interface Case {
  name: string;
  only?: Protocol[];
  send(ground: Ground, protocol: Protocol, since: () => string): Promise<unknown>;
}

const listener = "reading";

/** All that can be asked for is in the table for these; for the other cases, what depends on the case. */
const whole = new Set(["GET", "client reset before the answer"]);
const telling = new Set([
  ...["request headers", "response headers", "response trailers", "response.code", "response.flags"],
  ...["response.code_details", "response.grpc_status", "upstream.address"],
  ...[...Object.keys(lists), "filter state in the access log"],
]);

const cases: Case[] = [
  {
    name: "GET",
    send: (ground, protocol) => ground.request(listener, protocol, "/u/ok"),
  },
  {
    name: "gRPC status 7",
    only: ["HTTP/2", "HTTP/3"],
    send: (ground, protocol) =>
      ground.visit(listener, protocol).grpc({ headers: {}, messages: 1, trailers: { "grpc-status": "7" } }),
  },
  { name: "no route", send: (ground, protocol) => ground.request(listener, protocol, "/none") },
  { name: "no cluster", send: (ground, protocol) => ground.request(listener, protocol, "/nowhere/x") },
  { name: "direct response", send: (ground, protocol) => ground.request(listener, protocol, "/direct/x") },
  {
    name: "an earlier filter's 403",
    only: ["HTTP/1", "HTTP/2"],
    send: (ground, protocol) => ground.request(listener, protocol, "/denied/ok"),
  },
  {
    name: "no host",
    only: ["HTTP/1"],
    send: (ground, protocol) => ground.visit(listener, protocol).talk("GET /u/ok HTTP/1.1\r\n\r\n"),
  },
  {
    name: "client reset before the answer",
    send: (ground, protocol, since) => {
      const visit = ground.visit(listener, protocol);
      const heard = hears(since, "rh");
      return protocol === "HTTP/1"
        ? visit.talk(visit.head("GET", "/u/never"), heard, "reset")
        : visit.http2({ ":method": "GET", ":path": "/u/never" }, heard, "cancel");
    },
  },
];

/** Values that are the same in every run; of the others it matters only whether they can be read. */
const steady = new Set([
  ...["request.protocol", "response.code", "response.flags", "response.code_details", "response.grpc_status"],
  ...["response.size", "request.size", "xds.listener_direction", "request.method", "request.path"],
]);

function wordFor(attribute: string, answer: string): string {
  if (answer.startsWith("status ")) return "-";
  return steady.has(attribute) ? answer.replaceAll('"', "").replaceAll(" ", "_") : "yes";
}

/** `rh yes, log yes`: what each callback of the stream says. */
function across(stream: Entry[], word: (entry: Entry) => string): string {
  const asked = stream.filter(({ callback }) => readingCallbacks.includes(callback));
  const words = asked.map((entry): [string, string] => [entry.callback, word(entry)]);
  const all = new Set(words.map(([, each]) => each));
  const [only] = all;
  if (all.size === 1 && only !== undefined) return `always ${only}`;
  return words.map(([callback, each]) => `${callback} ${each}`).join(", ");
}

/** What one stream could read, by what was asked for. */
function readingsOf(log: string): Map<string, string> {
  const [stream] = streamsOf(entriesOf(log));
  const found = new Map<string, string>();
  if (stream === undefined) return found;
  for (const [name, map] of Object.entries(maps)) {
    const counted = (answer: string): string => (answer === "0 bytes" || answer.startsWith("status") ? "-" : "yes");
    found.set(
      name,
      across(stream, ({ answers }) => counted(answers.get(`map ${map}`) ?? "")),
    );
  }
  for (const attribute of attributes) {
    found.set(
      attribute,
      across(stream, ({ answers }) => wordFor(attribute, answers.get(`get ${attribute}`) ?? "")),
    );
  }
  for (const [name, list] of Object.entries(lists)) {
    const word = ({ answers }: Entry): string => (answers.get(`cel ${list}`)?.startsWith("status") ? "-" : "yes");
    found.set(name, across(stream, word));
  }
  const totals = sizesOf(stream);
  if (totals !== undefined) found.set("total sizes count headers", totals);
  const logged = /^ACCESS (?!\/sentinel)(.*)$/m.exec(log)?.[1] ?? "nothing logged";
  const seen = [...logged.matchAll(/ (\w+)=(\S+)/g)].filter(([, , value]) => value !== "-");
  found.set("filter state in the access log", seen.map(([, callback]) => `set in ${callback}`).join(", ") || "none");
  return found;
}

function sizesOf(stream: Entry[]): string | undefined {
  const end = stream.filter(({ callback }) => callback === "log" || callback === "done");
  return end
    .map(({ callback, answers }) => {
      const counts = ["request", "response"].map((side) => {
        const [all, body] = ["total_size", "size"].map((size) => answers.get(`get ${side}.${size}`));
        return all === body ? "body only" : "yes";
      });
      return `${callback} ${counts.join(" and ")}`;
    })
    .join(", ");
}

export async function measureReading(ground: Ground, facts: Facts): Promise<void> {
  for (const { name, only = protocols, send } of cases) {
    for (const protocol of only) {
      const nameOf = (subject: string): string => [`reading of ${name}`, subject, protocol].join(", ");
      const found = await ground.observe(
        listener,
        protocol,
        (since) => send(ground, protocol, since),
        (log) => new Map([...readingsOf(log)].filter(([subject]) => whole.has(name) || telling.has(subject))),
        (values) =>
          values.size > 0 && [...values].every(([subject, value]) => ground.expected.get(nameOf(subject)) === value),
      );
      for (const [subject, value] of found) facts.set(nameOf(subject), value);
    }
  }
}

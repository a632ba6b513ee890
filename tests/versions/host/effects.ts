// The effects of a filter on Envoy: what clears the route cache, which calls work where, what a denied capability does.
import { callCallbacks, calls, denials, routeActions } from "./config.ts";
import { callbacksOf } from "./callbacks.ts";
import { entriesOf, hears, protocols, streamsOf, type Ground } from "./ground.ts";
import type { Facts } from "./table.ts";

/** The route is chosen before an earlier filter sets `x-role`: only clearing the cache leads to the route for it. */
export async function measureRouteCache(ground: Ground, facts: Facts): Promise<void> {
  for (const mood of Object.keys(routeActions)) {
    const answer = await ground.request("routing", "HTTP/1", "/role/x", { "x-probe": mood });
    facts.set(`route cache, ${mood}`, answer.startsWith("HTTP/1.1 210") ? "cleared" : "kept");
  }
}

export async function measureCalls(ground: Ground, facts: Facts): Promise<void> {
  for (const protocol of protocols) {
    const log = await ground.observe(
      "calling",
      protocol,
      () => ground.request("calling", protocol, "/direct/x"),
      (text) => text,
      (text) => /delete/.test(callbacksOf(text)),
    );
    const [stream = []] = streamsOf(entriesOf(log));
    const asked = stream.filter(({ callback }) => callCallbacks.includes(callback));
    for (const [subject, call] of Object.entries(calls)) {
      const answers = asked.map(({ callback, answers }) => `${callback} ${answers.get(call)}`);
      facts.set(`calls, ${subject}, ${protocol}`, answers.join(", "));
    }
  }
}

/** A denied host function returns a status, and Envoy logs an error for each call; a denied callback does not come. */
export async function measureDenials(ground: Ground, facts: Facts): Promise<void> {
  for (const [name, question] of Object.entries(denials)) {
    const since = ground.listen();
    const listener = `without ${name}`;
    const send = (): Promise<unknown> => ground.request(listener, "HTTP/1", "/direct/x");
    // Without the request headers, the sentinel cannot be identified.
    const isBlind = name === "proxy_on_request_headers";
    if (isBlind) {
      await send();
      await hears(since, "delete", `without-${name}`)();
    }
    const wanted = ground.expected.get(`denied, ${name}`);
    const told = (log: string): string => {
      const entries = entriesOf(log);
      const answer = entries
        .map(({ answers }) => answers.get(question.split(" ").slice(1).join(" ")))
        .find((each) => each);
      const errors = /\[error\]/.test(log) ? "an error in the log" : "nothing in the log";
      return `${callbacksOf(log)}; ${question}: ${answer ?? "never"}; ${errors}`;
    };
    const value = isBlind
      ? told(since())
      : await ground.observe(listener, "HTTP/1", send, told, (text) => text === wanted);
    facts.set(`denied, ${name}`, value);
  }
}

// The effects of a trap on the request, other requests, metrics and shared data, under each failure policy.
import { eventually } from "../../wait.ts";
import { policies } from "./config.ts";
import { entriesOf, hears, type Entry, type Ground } from "./ground.ts";
import type { Facts } from "./table.ts";

const statusOf = (answer: string): string => /^HTTP\/1.1 (\d+)/.exec(answer)?.[1] ?? "cut";

export async function measureFailures(ground: Ground, facts: Facts): Promise<void> {
  for (const policy of policies) {
    const fact = (name: string, value: string): void => void facts.set(`failure, ${policy}: ${name}`, value);
    const ask = async (mood: string, listener: string = policy): Promise<string> =>
      statusOf(await ground.request(listener, "HTTP/1", "/direct/x", { "x-probe": mood }));
    const since = ground.listen();
    let goOn = (): void => undefined;
    const trapped = new Promise<void>((resolve) => (goOn = resolve));
    // One stream waits for the rest of its request, the other for the rest of its answer, until the connection is cut.
    const waiting = ground.visit(policy, "HTTP/1");
    const waited = waiting.talk(waiting.head("POST", "/u/echo", { "content-length": "5" }), () => trapped, "hello");
    await hears(since, "rh", policy)();
    const reading = ground.visit(policy, "HTTP/1");
    const read = reading.talk(reading.head("GET", "/u/stuck"), () => trapped, "reset");
    await hears(since, "sh", policy)();
    const open = new Set(entriesOf(since()).map(({ context }) => context));
    fact("the failing request", await ask("rh"));
    fact("the next request", await ask("none"));
    fact("a request to another plugin of the VM", await ask("none", `neighbour of ${policy}`));
    goOn();
    fact("an open stream", statusOf(await waited));
    await read;
    await ground.settle("plain", "HTTP/1");
    const ends = entriesOf(since()).filter(
      ({ plugin, callback, context }) => plugin === policy && open.has(context) && /log|done/.test(callback),
    );
    fact("log and done after the trap", ends.map(({ callback }) => callback).join(" ") || "none");
  }
}

/** What a VM finds when it is recreated after its back-off. */
export async function measureRecovery(ground: Ground, facts: Facts): Promise<void> {
  const ask = async (mood: string): Promise<string> =>
    statusOf(await ground.request("recovering", "HTTP/1", "/direct/x", { "x-probe": mood }));
  const recovered = (): Promise<true> =>
    eventually("the VM to be there again", async () => ((await ask("none")) === "418" ? true : undefined));
  for (const mood of ["add", "share"]) await ask(mood);
  facts.set("recovery, the request that traps in rh", await ask("rh"));
  await recovered();
  const since = ground.listen();
  facts.set("recovery, the request that traps in log", await ask("log"));
  await recovered();
  await ground.settle("recovering", "HTTP/1");
  const last = (callback: string): Entry | undefined =>
    entriesOf(since())
      .filter((entry) => entry.plugin === "recovering" && entry.callback === callback)
      .at(-1);
  facts.set("recovery, shared data at configure", last("configure")?.answers.get("shared-get key") ?? "not asked");
  facts.set("recovery, a gauge's part of dead VMs", last("rh")?.answers.get("metric kept") ?? "not asked");
}

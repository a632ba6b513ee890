// What a trap does: to the request, to the others, to metrics and to shared data, under each failure policy.
import { eventually } from "../../envoy/ground.ts";
import { policies } from "./config.ts";
import { entriesOf, hears, type Ground } from "./ground.ts";
import type { Facts } from "./table.ts";

const statusOf = (answer: string): string => /^HTTP\/1.1 (\d+)/.exec(answer)?.[1] ?? "cut";

export async function measureFailures(ground: Ground, facts: Facts): Promise<void> {
  for (const policy of policies) {
    const ask = async (path: string, mood: string, listener: string = policy): Promise<string> =>
      statusOf(await ground.request(listener, "HTTP/1", path, { "x-probe": mood }));
    const since = ground.listen();
    const begun = hears(since, "rh");
    const open = ask("/u/slow?ms=400", "none");
    await begun();
    const visit = ground.visit(policy, "HTTP/1");
    const answering = hears(since, "sh");
    const answered = visit.talk(visit.head("GET", "/u/closed"));
    await answering();
    const before = entriesOf(since()).length;
    const ids = entriesOf(since()).map(({ context }) => context);
    const fact = (name: string, value: string): void => void facts.set(`failure, ${policy}: ${name}`, value);
    fact("the failing request", await ask("/direct/x", "rh"));
    fact("the next request", await ask("/direct/x", "none"));
    fact("a request to another plugin of the VM", await ask("/direct/x", "none", `neighbour of ${policy}`));
    fact("an open stream", await open);
    await answered;
    const late = entriesOf(since()).slice(before);
    const ends = late.filter(
      ({ plugin, callback, context }) => plugin === policy && ids.includes(context) && /log|done/.test(callback),
    );
    fact("log and done after the trap", ends.length === 0 ? "none" : ends.map(({ callback }) => callback).join(" "));
  }
}

/** A VM that is made anew after its back-off: what it finds. */
export async function measureRecovery(ground: Ground, facts: Facts): Promise<void> {
  const ask = async (mood: string): Promise<string> =>
    statusOf(await ground.request("recovering", "HTTP/1", "/direct/x", { "x-probe": mood }));
  for (const mood of ["add", "share"]) await ask(mood);
  for (const callback of ["rh", "sh", "log", "done"]) {
    facts.set(`recovery, the request that traps in ${callback}`, await ask(callback));
    await eventually("the VM to be there again", async () => ((await ask("none")) === "418" ? true : undefined));
  }
  const since = ground.listen();
  await ask("rh");
  await eventually("the VM to be there again", async () => ((await ask("none")) === "418" ? true : undefined));
  const entries = entriesOf(since()).filter(({ plugin }) => plugin === "recovering");
  const configured = entries.find(({ callback }) => callback === "configure");
  const first = entries.find(({ callback, context }) => callback === "create" && context < 3);
  facts.set("recovery, root context", String(configured?.context ?? "none"));
  facts.set("recovery, first stream's context", String(first?.context ?? "none"));
  facts.set("recovery, shared data at configure", configured?.answers.get("shared-get key") ?? "not asked");
  const seen = entries.filter(({ callback, context }) => callback === "rh" && context < 3);
  facts.set("recovery, a gauge's part of dead VMs", seen[0]?.answers.get("metric kept") ?? "not asked");
}

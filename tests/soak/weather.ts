// Temporary faults of a collector, or of the network to it, in a soak. Each begins, and ends without lasting effects.
// Here they only come and go; tests/envoy/faults/faults.test.ts tests each one, with the fate of the spans.
import { setTimeout as sleep } from "node:timers/promises";
import { collectorCluster } from "../../runner/config/mesh.ts";
import { accept, type Fault } from "../envoy/collector/fault.ts";
import { SHORT_TIMEOUT, type Scene } from "../envoy/faults/scene.ts";
import type { Random } from "../host/random.ts";

export interface Weather {
  name: string;
  begin(scene: Scene): unknown;
  end(scene: Scene): unknown;
}

const FLIPS = 5;

function collectorThat(name: string, ...script: [Fault, ...Fault[]]): Weather {
  return {
    name,
    begin: ({ collector }) => collector.behave(...script),
    end: ({ collector }) => collector.behave(accept),
  };
}

function answers(status: number, headers: Record<string, string> = {}): Weather {
  return collectorThat(`answers ${status}`, { kind: "status", status, headers });
}

/** An endless answer is not among them: Envoy buffers 32 MiB of it, which would drown all else in memory. */
const KINDS: Weather[] = [
  ...[202, 204, 301, 400, 401, 500, 502, 503].map((status) => answers(status)),
  answers(429, { "retry-after": "1" }),
  collectorThat("answers 413 above 3,000 bytes", { kind: "accept", maxBytes: 3000 }),
  collectorThat("answers after 200 ms", { kind: "accept", after: () => sleep(200) }),
  collectorThat("answers too late", { kind: "accept", after: () => sleep(1000) }),
  collectorThat("says nothing", { kind: "blackhole" }),
  collectorThat("resets before the answer", { kind: "reset", when: "before" }),
  collectorThat("resets in the middle of it", { kind: "reset", when: "middle" }),
  collectorThat("answers what is no HTTP", { kind: "garbage" }),
  { name: "is down", begin: ({ collector }) => collector.die(), end: ({ collector }) => collector.comeBack() },
  {
    name: "has no cluster",
    begin: ({ control }) =>
      control?.tell(
        "clusters",
        control.clusters.filter(({ name }) => name !== collectorCluster),
      ),
    end: ({ control }) => control?.tell("clusters", control.clusters),
  },
  {
    name: "is configured anew",
    begin: async ({ control }) => {
      for (let flip = 1; flip <= FLIPS; flip++) {
        control?.configure({ config: { ...SHORT_TIMEOUT, buffer: { flush_spans: 20 + flip } } });
        await sleep(100);
      }
    },
    end: ({ control }) => control?.configure({ config: SHORT_TIMEOUT }),
  },
];

/** All kinds in random order, then all again in another order, endlessly. */
export function* forecast(random: Random): Generator<Weather, never> {
  for (;;) {
    const round = [...KINDS];
    while (round.length > 0) yield round.splice(random.below(round.length), 1)[0] as Weather;
  }
}

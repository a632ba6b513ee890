// Hours in minutes: real Envoy under load while faults come and go at its collector. Only measures; verdict.ts says
// what the measurements mean.
import { setTimeout as sleep } from "node:timers/promises";
import type { Totals } from "../envoy/collector/ledger.ts";
import { startLoad, type Seen } from "../envoy/faults/load.ts";
import { residentOf, setScene, SHORT_TIMEOUT, TIGHT, type Scene } from "../envoy/faults/scene.ts";
import { readAccount, settled, type Account } from "../envoy/faults/verdict.ts";
import { Random } from "../host/random.ts";
import type { EnvoyProcess } from "../../runner/process.ts";
import { forecast } from "./weather.ts";

export interface SoakOptions {
  /** How long the load lasts. */
  seconds: number;
  /** Requests to the Envoy with Lightspan, and as many to the one without. */
  perSecond: number;
  workers: number;
  /** The seed of the faults' order. */
  seed: number;
}

/** The measurements at one moment. */
export interface Sample {
  /** Seconds since the load began. */
  seconds: number;
  /** Resident bytes of the Envoy with Lightspan, and of the one without. */
  memory: number;
  plainMemory: number;
  account: Account;
  /** Distinct spans that the collector acknowledged. */
  acknowledged: number;
}

/** A fault, with its begin and end in seconds since the load began. */
export interface Spell {
  name: string;
  from: number;
  to: number;
}

export interface Soak {
  options: SoakOptions;
  samples: Sample[];
  spells: Spell[];
  seen: Seen;
  plain: Seen;
  /** When everything was quiet at the end. */
  account: Account;
  received: Totals;
  /** Reports that the collector could not read. */
  broken: string[];
}

const FAULT_MS = 1500;
const FAIR_MS = 1000;
const SAMPLES = 150;

/** Soaks for as long as `options` say; `tell` gets every sample, with the fault at that moment. */
export async function soak(options: SoakOptions, tell: (sample: Sample, fault: string) => void): Promise<Soak> {
  const scene = await setScene({
    dynamic: true,
    workers: options.workers,
    config: { ...SHORT_TIMEOUT, buffer: TIGHT },
  });
  try {
    const beside = await scene.startPlain();
    const start = performance.now();
    const since = (): number => (performance.now() - start) / 1000;
    const isOver = (): boolean => since() >= options.seconds;
    const samples: Sample[] = [];
    const spells: Spell[] = [];
    const load = startLoad(scene.port, options.perSecond);
    const plainLoad = startLoad(beside.port, options.perSecond);

    const watch = async (): Promise<void> => {
      const everyMs = Math.max(500, (options.seconds * 1000) / SAMPLES);
      while (!isOver()) {
        const sample = await take(scene, beside.envoy, since());
        samples.push(sample);
        const last = spells.at(-1);
        tell(sample, last && last.to > sample.seconds ? last.name : "");
        await sleep(everyMs);
      }
    };
    const blow = async (): Promise<void> => {
      for (const { name, begin, end } of forecast(new Random(options.seed))) {
        await sleep(FAIR_MS);
        if (isOver()) return;
        const spell = { name, from: since(), to: Infinity };
        spells.push(spell);
        await begin(scene);
        await sleep(FAULT_MS);
        await end(scene);
        spell.to = since();
      }
    };
    await Promise.all([watch(), blow()]);
    const seen = await load.stop();
    const plain = await plainLoad.stop();
    const account = await settled(scene.envoy, seen.sent);
    samples.push(await take(scene, beside.envoy, since()));
    const { ledger } = scene.collector;
    return { options, samples, spells, seen, plain, account, received: ledger.totals(), broken: ledger.broken };
  } finally {
    await scene.stop();
  }
}

async function take({ envoy, collector }: Scene, plain: EnvoyProcess, seconds: number): Promise<Sample> {
  return {
    seconds,
    memory: residentOf(envoy),
    plainMemory: residentOf(plain),
    account: await readAccount(envoy),
    acknowledged: collector.ledger.totals().uniqueAcknowledged,
  };
}

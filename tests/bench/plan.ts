// How much is measured in the two forms of the benchmark, and how long each part may take.
import type { Limit } from "./load/closed.ts";
import type { Pace } from "./load/open.ts";

/** Rounds of closed loops. */
export interface Rounds {
  rounds: number;
  limit: Limit;
  /** Milliseconds after which no further round is begun. */
  budgetMs: number;
}

export interface Plan {
  form: "quick" | "full";
  warmUp: Limit;
  main: Rounds;
  latency: { rounds: number; pace: Pace; budgetMs: number };
  /** Windows wait for the last batch. */
  isPatient: boolean;
  variations: Rounds | null;
  growth: Rounds | null;
}

export const QUICK: Plan = {
  form: "quick",
  warmUp: { requests: 2000, ms: 600 },
  main: { rounds: 6, limit: { requests: 4000, ms: 600 }, budgetMs: 38_000 },
  latency: { rounds: 1, pace: { rate: 1000, ms: 700 }, budgetMs: 10_000 },
  isPatient: false,
  variations: null,
  growth: null,
};

export const FULL: Plan = {
  form: "full",
  warmUp: { requests: 6000, ms: 1000 },
  main: { rounds: 14, limit: { requests: 10_000, ms: 1200 }, budgetMs: 180_000 },
  latency: { rounds: 2, pace: { rate: 1000, ms: 2000 }, budgetMs: 50_000 },
  isPatient: true,
  variations: { rounds: 4, limit: { requests: 4000, ms: 500 }, budgetMs: 130_000 },
  growth: { rounds: 4, limit: { requests: 6000, ms: 700 }, budgetMs: 75_000 },
};

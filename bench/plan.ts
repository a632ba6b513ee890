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
  variations: Rounds | null;
  growth: Rounds | null;
}

/**
 * Short windows and many of them: what disturbs a machine lasts for seconds, and hits the windows of one round alike. As many
 * requests as fill a whole number of batches of each size here, so that no window leaves a batch to the next one.
 */
export const WINDOW: Limit = { requests: 1000, ms: 1000 };

export const QUICK: Plan = {
  form: "quick",
  warmUp: { requests: 2000, ms: 600 },
  main: { rounds: 16, limit: WINDOW, budgetMs: 40_000 },
  latency: { rounds: 1, pace: { rate: 1000, ms: 700 }, budgetMs: 10_000 },
  variations: null,
  growth: null,
};

export const FULL: Plan = {
  form: "full",
  warmUp: { requests: 6000, ms: 1000 },
  main: { rounds: 85, limit: WINDOW, budgetMs: 240_000 },
  latency: { rounds: 2, pace: { rate: 1000, ms: 2000 }, budgetMs: 70_000 },
  variations: { rounds: 10, limit: WINDOW, budgetMs: 160_000 },
  growth: { rounds: 20, limit: WINDOW, budgetMs: 75_000 },
};

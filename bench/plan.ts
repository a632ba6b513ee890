// How much the quick and the full run measure, and how long each part may take.
import type { Limit } from "./load/closed.ts";
import type { Pace } from "./load/open.ts";

/** Rounds of closed loops. */
export interface Rounds {
  rounds: number;
  limit: Limit;
  /** Milliseconds after which no further round begins. */
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
 * Many short windows: disturbances last for seconds and hit the windows of one round alike. The requests fill a whole
 * number of batches of every size used here, so that no window leaves a partial batch to the next.
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

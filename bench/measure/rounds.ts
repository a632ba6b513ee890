// Rounds: A B C, C A B, … so that changes on the machine affect all alike, and none always follows the same one.

/**
 * Does `work` for each of `items` in each of `rounds` rounds, each in its own order. After the first round, begins none
 * that would end after `deadline`. Returns the number of rounds.
 */
export async function interleave<T>(
  items: T[],
  rounds: number,
  deadline: number,
  work: (item: T) => Promise<void>,
): Promise<number> {
  let longest = 0;
  for (let round = 0; round < rounds; round++) {
    const start = Date.now();
    if (round > 0 && start + longest > deadline) return round;
    for (const item of shuffled(items)) await work(item);
    longest = Math.max(longest, Date.now() - start);
  }
  return rounds;
}

/** The same items in random order (Fisher and Yates). */
export function shuffled<T>(items: T[]): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}

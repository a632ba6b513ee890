// Rounds: A B C, A B C, … so that whatever changes on the machine meanwhile changes for all of them.

/** Does `work` for each of `items`, `rounds` times over; no round but the first is begun that would end after `deadline`. */
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
    for (const item of items) await work(item);
    longest = Math.max(longest, Date.now() - start);
  }
  return rounds;
}

// What a finished step says of itself.

/** Says nothing but that it is over. */
export function inShort(): string {
  return "done";
}

/** For a step that gives the number of rounds it did; fewer than `wanted` is worth a note. */
export function soMany(wanted: number, what: string, notes: string[]): (rounds: number) => string {
  return (rounds) => {
    if (rounds === wanted) return "done";
    notes.push(`${what}: ${rounds} of ${wanted} rounds, for lack of time`);
    return `${rounds} rounds, time is up`;
  };
}

// The messages of a finished step.

/** For a step without a result. */
export function done(): string {
  return "done";
}

/** For a step that returns its number of rounds; fewer than `wanted` adds a note. */
export function roundsDone(wanted: number, what: string, notes: string[]): (rounds: number) => string {
  return (rounds) => {
    if (rounds === wanted) return "done";
    notes.push(`${what}: ${rounds} of ${wanted} rounds, because time ran out`);
    return `${rounds} rounds, time is up`;
  };
}

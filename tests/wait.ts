// Waiting for events in tests. A wait ends with the event. Its limit only makes a failure end too, with what was seen
// instead; it is far beyond what a machine with busy cores needs, and no assertion depends on it.
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";

/** The limit of every wait in a test. */
export const PATIENCE_MS = 180_000;

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 25;

/**
 * Calls `look` until `isRight` accepts its value, and returns that value. Without `isRight`, any value but undefined
 * will do. If that never happens, the error says `what` was awaited and what was seen last.
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  isRight: (value: T) => boolean = () => true,
): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const value = await look();
    if (value !== undefined && isRight(value)) return value;
    if (Date.now() > deadline)
      throw new Error(`gave up after ${PATIENCE_MS / 1000} s: ${what}; last seen: ${inspect(value, { depth: 4 })}`);
    await sleep(pause);
  }
}

/** The result of `promise`. If it doesn't settle in time, the error has the message of `complaint`. */
export function inTime<T>(promise: Promise<T>, complaint: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(complaint())), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Simulates people who view the product page. Knows how many at a time; leaves the effects to others.
import { setTimeout as sleep } from "node:timers/promises";

/** Views the page. Returns what was wrong, or undefined if nothing was. */
export async function viewPage(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(15_000) });
    const body = await response.text();
    if (response.status !== 200) return `the page answered ${response.status}`;
    return body.includes("Error fetching") ? "the page was there, with a part of it missing" : undefined;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** Views the page `count` times, `atOnce` in parallel. Returns what was wrong with the failed views. */
export async function viewPages(url: string, count: number, atOnce: number): Promise<string[]> {
  const failures: string[] = [];
  let left = count;
  const visitor = async (): Promise<void> => {
    while (left > 0) {
      left--;
      const failure = await viewPage(url);
      if (failure !== undefined) failures.push(failure);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, visitor));
  return failures;
}

/** Views the page once a second until `signal`. Reports only when views start to fail and when they recover. */
export async function trickle(url: string, report: (line: string) => void, signal: AbortSignal): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    void viewPage(url).then((failure) => {
      if (signal.aborted || (failure !== undefined) === failing) return;
      failing = failure !== undefined;
      report(failing ? `page views fail: ${failure}` : "page views are well again");
    });
    await sleep(1000, undefined, { signal }).catch(() => undefined);
  }
}

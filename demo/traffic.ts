// People who look at the product page. Knows how many at a time; what their requests lead to is for others to see.
import { setTimeout as sleep } from "node:timers/promises";

/** What a page view came to: undefined when the page was there, otherwise what was wrong. */
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

/** So many page views, some at once. Returns what was wrong with those that failed. */
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

/** A page view a second until `signal`. Reports when views begin to fail and when they are well again, not each one. */
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

// Fetches answers of the satellite's JSON API, and keeps them fresh. Does not know what is in them.
import { useEffect, useState } from "preact/hooks";

/** The answer, or why there is none; both are undefined until the first request ends. */
export interface Fetched<T> {
  value?: T;
  problem?: string;
}

/**
 * Fetches `path`, again whenever it or `version` changes. For the same path, the old answer stays until the new one
 * arrives.
 */
export function useFetched<T>(path: string, version: unknown): Fetched<T> {
  const [fetched, setFetched] = useState<Fetched<T> & { path: string }>({ path });
  useEffect(() => {
    const abort = new AbortController();
    ask<T>(path, abort.signal)
      .then((answer) => setFetched({ ...answer, path }))
      .catch((error: unknown) => {
        if (!abort.signal.aborted) setFetched({ problem: `the satellite does not answer: ${String(error)}`, path });
      });
    return () => abort.abort();
  }, [path, version]);
  return fetched.path === path ? fetched : {};
}

async function ask<T>(path: string, signal: AbortSignal): Promise<Fetched<T>> {
  const response = await fetch(path, { signal });
  const body = await response.json();
  return response.ok ? { value: body } : { problem: body.error };
}

/** Returns `value`, but changes at most once every `everyMs` milliseconds. */
export function useCalm<T>(value: T, everyMs: number): T {
  const [calm, setCalm] = useState({ value, at: 0 });
  useEffect(() => {
    if (value === calm.value) return;
    const wait = Math.max(0, calm.at + everyMs - performance.now());
    const timer = setTimeout(() => setCalm({ value, at: performance.now() }), wait);
    return () => clearTimeout(timer);
  }, [value, calm]);
  return calm.value;
}

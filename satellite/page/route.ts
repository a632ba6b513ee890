// Keeps what the page shows in the part of its address after the #, so that Back, reloads and shared links work. Knows
// the syntax of an address, and nothing of the views.
import { useEffect, useState } from "preact/hooks";

/** The current view, `traces`, `trace/ID` or `latency`, with its own settings. */
export interface Route {
  path: string;
  query: URLSearchParams;
}

/** The address of a view, for a link. Leaves out empty settings. */
export function linkTo(path: string, settings: Record<string, string | string[] | null> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) {
    for (const each of Array.isArray(value) ? value : [value ?? ""]) if (each !== "") query.append(name, each);
  }
  const text = query.toString();
  return `#/${path}${text === "" ? "" : `?${text}`}`;
}

/** The route in the window's address; renders again when it changes. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const update = (): void => setHash(location.hash);
    addEventListener("hashchange", update);
    return () => removeEventListener("hashchange", update);
  }, []);
  const [path = "", query] = hash.replace(/^#\/?/, "").split("?", 2);
  return { path: path === "" ? "traces" : path, query: new URLSearchParams(query) };
}

/** Goes to an address. `replace` adds no step to the history, for settings that change with every keystroke. */
export function goTo(address: string, how: "push" | "replace" = "push"): void {
  if (how === "push") location.hash = address;
  else location.replace(address);
}

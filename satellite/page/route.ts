// What the page shows, as the part of its address after the #: so Back, a reload and a link to a colleague work. Knows
// the words of an address and nothing of what is shown.
import { useEffect, useState } from "preact/hooks";

/** Where one is: `traces`, `trace/ID` or `latency`, with the view's own settings. */
export interface Route {
  path: string;
  query: URLSearchParams;
}

/** The address of a view, for a link. Settings that are empty are left out. */
export function linkTo(path: string, settings: Record<string, string | string[] | null> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) {
    for (const each of Array.isArray(value) ? value : [value ?? ""]) if (each !== "") query.append(name, each);
  }
  const text = query.toString();
  return `#/${path}${text === "" ? "" : `?${text}`}`;
}

/** The route of the window's address; renders anew when it changes. */
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

/** Goes there. `replace` leaves no step to go back to: for settings that change with every key. */
export function goTo(address: string, how: "push" | "replace" = "push"): void {
  if (how === "push") location.hash = address;
  else location.replace(address);
}

// Whether the window is narrow, for what CSS alone cannot do: the height of rows is needed as a number.
import { useEffect, useState } from "preact/hooks";

/** Below this, rows have two lines and the panel is a sheet; the same number stands in page.css. */
const narrow = matchMedia("(max-width: 720px)");

/** True while the window is narrow. */
export function useNarrow(): boolean {
  const [matches, setMatches] = useState(narrow.matches);
  useEffect(() => {
    const update = (): void => setMatches(narrow.matches);
    narrow.addEventListener("change", update);
    return () => narrow.removeEventListener("change", update);
  }, []);
  return matches;
}

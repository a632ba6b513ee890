// Whether the window is narrow. CSS alone is not enough, because the row height is needed as a number.
import { useEffect, useState } from "preact/hooks";

/** Up to this width, rows have two lines and the panel is a sheet. page.css has the same number. */
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

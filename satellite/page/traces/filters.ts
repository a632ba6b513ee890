// The filters of the list: as the user types them, in the page's address, and as parameters of the satellite's API.
import { linkTo } from "../route.ts";
import { parseDuration } from "../words.ts";

/** As typed; empty if not set. */
export interface Filters {
  service: string;
  tags: string[];
  min: string;
  max: string;
}

/** The filters in an address. */
export function readFilters(query: URLSearchParams): Filters {
  const text = (name: string): string => query.get(name) ?? "";
  return { service: text("service"), tags: query.getAll("tag"), min: text("min"), max: text("max") };
}

/** The address of the list with these filters. */
export function linkToTraces({ service, tags, min, max }: Filters): string {
  return linkTo("traces", { service, tag: tags, min, max });
}

/** The filters as a query of the API. Leaves out invalid durations; their fields are marked. */
export function toQuery({ service, tags, min, max }: Filters): string {
  const query = new URLSearchParams();
  if (service !== "") query.set("service", service);
  for (const tag of tags) query.append("tag", tag);
  const [least, most] = [parseDuration(min), parseDuration(max)];
  if (least !== null) query.set("minMicros", String(least));
  if (most !== null) query.set("maxMicros", String(most));
  return query.toString();
}

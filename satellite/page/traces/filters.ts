// The filters of the list, as they stand in the page's address and as the satellite's API wants them.
import { linkTo } from "../route.ts";
import { parseDuration } from "../words.ts";

/** As a person wrote them; empty where nothing is asked for. */
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

/** The filters as the API's query; a duration that is none is left out, as its field says so. */
export function toQuery({ service, tags, min, max }: Filters): string {
  const query = new URLSearchParams();
  if (service !== "") query.set("service", service);
  for (const tag of tags) query.append("tag", tag);
  const [least, most] = [parseDuration(min), parseDuration(max)];
  if (least !== null) query.set("minMicros", String(least));
  if (most !== null) query.set("maxMicros", String(most));
  return query.toString();
}

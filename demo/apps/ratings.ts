// The ratings service: the stars that each reviewer gave.
import { json, pathOf, type App } from "./app.ts";

/** GET /ratings/{id} */
export const ratings: App = async ({ url }) => {
  const path = pathOf(url);
  if (path === "/health") return json(200, { status: "Ratings is healthy" });
  if (!path.startsWith("/ratings/")) return json(404, { error: "not found" });
  const id = path.slice("/ratings/".length);
  if (!/^\d+$/.test(id)) return json(400, { error: "please provide numeric product ID" });
  return json(200, { id: Number(id), ratings: { Reviewer1: 5, Reviewer2: 4 } });
};

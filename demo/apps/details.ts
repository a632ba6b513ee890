// The details service: the facts about Bookinfo's only book.
import { json, pathOf, type App } from "./app.ts";

/** GET /details/{id} */
export const details: App = async ({ url }) => {
  const path = pathOf(url);
  if (path === "/health") return json(200, { status: "Details is healthy" });
  if (!path.startsWith("/details/")) return json(404, { error: "not found" });
  const id = path.slice("/details/".length);
  if (!/^\d+$/.test(id)) return json(400, { error: "please provide numeric product id" });
  return json(200, {
    id: Number(id),
    author: "William Shakespeare",
    year: 1595,
    type: "paperback",
    pages: 200,
    publisher: "PublisherA",
    language: "English",
    "ISBN-10": "1234567890",
    "ISBN-13": "123-1234567890",
  });
};

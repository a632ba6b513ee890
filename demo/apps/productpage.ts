// The productpage service: asks details, then reviews, as Bookinfo does, and shows both.
import { json, pathOf, type Answer, type App, type Call } from "./app.ts";
import { forward } from "./headers.ts";
import { page, type Product, type ServiceReply } from "./page.ts";
import type { ServiceName } from "../topology.ts";

const product: Product = {
  id: 0,
  title: "The Comedy of Errors",
  descriptionHtml:
    '<a href="https://en.wikipedia.org/wiki/The_Comedy_of_Errors">Wikipedia Summary</a>: The Comedy of Errors is one of ' +
    "<b>William Shakespeare's</b> early plays. It is his shortest and one of his most farcical comedies, with a major " +
    "part of the humour coming from slapstick and mistaken identity, in addition to puns and word play.",
};

/** GET /productpage, and Bookinfo's small API under /api/v1/products. */
export const productpage: App = async ({ url, headers }, call) => {
  const path = pathOf(url);
  const passed = forward(headers);
  switch (path) {
    case "/":
    case "/index.html":
      return { status: 302, type: "text/plain", body: "", headers: { location: "/productpage" } };
    case "/health":
      return { status: 200, type: "text/plain", body: "Product page is healthy" };
    case "/productpage": {
      const details = await askDetails(call, "0", passed);
      const reviews = await askReviews(call, "0", passed);
      return { status: 200, type: "text/html; charset=utf-8", body: page(product, details, reviews) };
    }
    case "/api/v1/products":
      return json(200, [product]);
  }
  const [, id, part] = /^\/api\/v1\/products\/(\d+)(?:\/(reviews|ratings))?$/.exec(path) ?? [];
  if (id === undefined) return json(404, { error: "not found" });
  if (part === "reviews") return answer(await askReviews(call, id, passed));
  return answer(await (part === "ratings" ? askRatings(call, id, passed) : askDetails(call, id, passed)));
};

function answer({ status, value }: ServiceReply): Answer {
  return json(status, value);
}

function askDetails(call: Call, id: string, headers: Record<string, string>): Promise<ServiceReply> {
  return ask(call, "details", id, headers, "product details");
}

function askRatings(call: Call, id: string, headers: Record<string, string>): Promise<ServiceReply> {
  return ask(call, "ratings", id, headers, "product ratings");
}

/** Retries once, as Bookinfo's productpage does; its fault injection tasks rely on that. */
async function askReviews(call: Call, id: string, headers: Record<string, string>): Promise<ServiceReply> {
  const first = await ask(call, "reviews", id, headers, "product reviews");
  return first.status === 200 ? first : ask(call, "reviews", id, headers, "product reviews");
}

async function ask(
  call: Call,
  service: ServiceName,
  id: string,
  headers: Record<string, string>,
  what: string,
): Promise<ServiceReply> {
  let status = 500;
  try {
    const reply = await call(service, `/${service}/${id}`, headers, 3000);
    if (reply.status === 200) return { status: 200, value: JSON.parse(reply.body) };
    status = reply.status;
  } catch {
    // No answer and invalid JSON look the same to the reader of the page.
  }
  return { status, value: { error: `Sorry, ${what} are currently unavailable for this book.` } };
}

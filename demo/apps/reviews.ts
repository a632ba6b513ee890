// The reviews service in its three versions: v1 has no ratings, v2 black stars, and v3 red stars and a delay.
import { setTimeout as sleep } from "node:timers/promises";
import { json, pathOf, type App, type Call } from "./app.ts";
import { forward } from "./headers.ts";

export interface ReviewsOptions {
  pod: string;
  /** The colour of the stars. If absent, ratings is not asked. */
  stars?: "black" | "red";
  /** The minimum duration of a call. */
  delayMs?: number;
}

const texts = {
  Reviewer1: "An extremely entertaining play by Shakespeare. The slapstick humour is refreshing!",
  Reviewer2:
    "Absolutely fun and entertaining. The play lacks thematic depth when compared to other plays by Shakespeare.",
};

/** GET /reviews/{id}. Answers 200 even if ratings fails; each review then says so instead of showing stars. */
export function reviews({ pod, stars, delayMs = 0 }: ReviewsOptions): App {
  return async ({ url, headers }, call) => {
    const path = pathOf(url);
    if (path === "/health") return json(200, { status: "Reviews is healthy" });
    if (!path.startsWith("/reviews/")) return json(404, { error: "not found" });
    const id = path.slice("/reviews/".length);
    if (!/^\d+$/.test(id)) return json(404, { error: "not found" });

    const [given] = await Promise.all([
      stars === undefined ? undefined : askRatings(call, id, forward(headers), stars),
      delayMs === 0 ? undefined : sleep(delayMs),
    ]);
    return json(200, {
      id,
      podname: pod,
      clustername: "Kubernetes",
      reviews: Object.entries(texts).map(([reviewer, text]) => ({
        reviewer,
        text,
        ...(stars === undefined ? {} : { rating: ratingOf(given?.[reviewer], stars) }),
      })),
    });
  };
}

function ratingOf(given: unknown, color: string): unknown {
  if (typeof given !== "number") return { error: "Ratings service is currently unavailable" };
  return { stars: given, color };
}

async function askRatings(
  call: Call,
  id: string,
  headers: Record<string, string>,
  stars: string,
): Promise<Record<string, unknown> | undefined> {
  try {
    // Bookinfo's own timeouts.
    const { status, body } = await call("ratings", `/ratings/${id}`, headers, stars === "black" ? 10_000 : 2500);
    if (status !== 200) return undefined;
    return (JSON.parse(body) as { ratings?: Record<string, unknown> }).ratings;
  } catch {
    return undefined;
  }
}

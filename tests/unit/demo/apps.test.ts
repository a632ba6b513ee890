// Bookinfo's services without a network: their answers, the services they call, and how they handle failures.

import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { json, type Answer, type App, type Call } from "../../../demo/apps/app.ts";
import { details } from "../../../demo/apps/details.ts";
import { productpage } from "../../../demo/apps/productpage.ts";
import { ratings } from "../../../demo/apps/ratings.ts";
import { reviews } from "../../../demo/apps/reviews.ts";

interface Asked {
  path: string;
  headers: Record<string, string>;
}

const pod = "reviews-v2-7bf8c9648f-q5gxj";
const trace = { "x-b3-traceid": "463ac35c9f6413ad", "x-request-id": "1", "x-other": "2" };
const noCall: Call = () => Promise.reject(new Error("nobody is asked here"));

function ask(app: App, url: string, call: Call = noCall): Promise<Answer> {
  return app({ method: "GET", url, headers: trace }, call);
}

async function body(app: App, url: string, call: Call = noCall): Promise<unknown> {
  return JSON.parse((await ask(app, url, call)).body);
}

/** The other services, working; `broken` ones answer 503. */
function mesh(asked: Asked[], ...broken: string[]): Call {
  return async (service, path, headers) => {
    asked.push({ path, headers });
    if (broken.includes(service)) return { status: 503, type: "text/plain", body: "upstream connect error" };
    const apps = { details, ratings, reviews: reviews({ pod, stars: "black" }), productpage };
    return ask(apps[service], path, mesh(asked, ...broken));
  };
}

function starsOf(answer: unknown): unknown[] {
  return (answer as { reviews: { rating?: unknown }[] }).reviews.map(({ rating }) => rating);
}

test("details answers with the book's facts, or 400 if the id is not a number", async () => {
  const book = (await body(details, "/details/0")) as Record<string, unknown>;
  assert.equal(book.id, 0);
  assert.equal(book.author, "William Shakespeare");
  assert.equal(book["ISBN-13"], "123-1234567890");
  const refused = await ask(details, "/details/x");
  assert.equal(refused.status, 400);
  assert.deepEqual(JSON.parse(refused.body), { error: "please provide numeric product id" });
});

test("ratings answers with the stars of both reviewers", async () => {
  assert.deepEqual(await body(ratings, "/ratings/0?x=1"), { id: 0, ratings: { Reviewer1: 5, Reviewer2: 4 } });
  assert.equal((await ask(ratings, "/ratings/")).status, 400);
});

test("reviews v1 calls no service and has no ratings", async () => {
  const answer = (await body(reviews({ pod }), "/reviews/0")) as Record<string, unknown>;
  assert.equal(answer.id, "0");
  assert.equal(answer.podname, pod);
  assert.deepEqual(starsOf(answer), [undefined, undefined]);
});

test("reviews with stars calls ratings and forwards only the trace headers", async () => {
  const asked: Asked[] = [];
  const answer = await body(reviews({ pod, stars: "red" }), "/reviews/0", mesh(asked));
  assert.deepEqual(starsOf(answer), [
    { stars: 5, color: "red" },
    { stars: 4, color: "red" },
  ]);
  const headers = { "x-b3-traceid": "463ac35c9f6413ad", "x-request-id": "1" };
  assert.deepEqual(asked, [{ path: "/ratings/0", headers }]);
});

test("reviews answers 200 when ratings fails, is unreachable or answers nonsense", async () => {
  const unavailable = { error: "Ratings service is currently unavailable" };
  const nonsense: Call = async () => ({ status: 200, type: "text/html", body: "<html>" });
  const other: Call = async () => json(200, { ratings: { Reviewer1: "5" } });
  for (const call of [mesh([], "ratings"), noCall, nonsense, other]) {
    const answer = await ask(reviews({ pod, stars: "black" }), "/reviews/0", call);
    assert.equal(answer.status, 200);
    assert.deepEqual(starsOf(JSON.parse(answer.body)), [unavailable, unavailable]);
  }
});

for (const [speed, ready] of [
  ["quick", (): Promise<void> => Promise.resolve()],
  ["slow", (delay: Promise<void>): Promise<void> => delay],
] as const) {
  test(`a slow reviews takes as long as configured, including the call to a ${speed} ratings`, async () => {
    // Node fires timers of equal length in the order in which they were set.
    const delayMs = 20;
    const events: string[] = [];
    const before = sleep(delayMs).then(() => void events.push("a timer set before the request"));
    const call: Call = async (...asked) => {
      await ready(before);
      return mesh([])(...asked);
    };
    const answer = ask(reviews({ pod, stars: "red", delayMs }), "/reviews/0", call).then(() => events.push("answer"));
    const after = sleep(delayMs).then(() => events.push("a timer set after it"));
    await Promise.all([before, answer, after]);
    assert.deepEqual(events, ["a timer set before the request", "answer", "a timer set after it"]);
  });
}

test("the product page shows details, reviews and stars, and calls each service once", async () => {
  const asked: Asked[] = [];
  const page = await ask(productpage, "/productpage?u=normal", mesh(asked));
  assert.equal(page.status, 200);
  assert.match(page.type, /^text\/html/);
  for (const part of ["The Comedy of Errors", "PublisherA", "slapstick humour", "★★★★☆", pod]) {
    assert.ok(page.body.includes(part), part);
  }
  assert.deepEqual(
    asked.map(({ path }) => path),
    ["/details/0", "/reviews/0", "/ratings/0"],
  );
});

test("the product page still works when details and reviews fail, and says so; reviews is called twice", async () => {
  const asked: Asked[] = [];
  const page = await ask(productpage, "/productpage", mesh(asked, "details", "reviews"));
  assert.equal(page.status, 200);
  assert.match(page.body, /Error fetching product details!.*Sorry, product details are currently unavailable/s);
  assert.match(page.body, /Error fetching product reviews!/);
  assert.equal(asked.filter(({ path }) => path === "/reviews/0").length, 2);
});

test("answers of other services are shown as text, not as HTML", async () => {
  const call: Call = async (service) =>
    json(200, service === "details" ? { author: "<script>" } : { reviews: [{ reviewer: "<i>", text: "a & b" }] });
  const { body } = await ask(productpage, "/productpage", call);
  assert.ok(!body.includes("<script>") && !body.includes("<i>"));
  assert.ok(body.includes("&#60;script&#62;"));
});

test("the API passes on a dependency's status with Bookinfo's message", async () => {
  const cases = { "": "details", "/reviews": "reviews", "/ratings": "ratings" };
  for (const [path, service] of Object.entries(cases)) {
    const answer = await ask(productpage, `/api/v1/products/0${path}`, mesh([], service));
    assert.equal(answer.status, 503);
    assert.match(answer.body, new RegExp(`Sorry, product ${service} are currently unavailable for this book\\.`));
  }
  assert.equal((await ask(productpage, "/api/v1/products/0/reviews", noCall)).status, 500);
  assert.equal((await ask(productpage, "/api/v1/products/0/prices", noCall)).status, 404);
});

// Renders the product page as HTML: one string, without scripts or further files. Knows only how it looks.

export interface Product {
  id: number;
  title: string;
  descriptionHtml: string;
}

/** A service's JSON answer, or Bookinfo's apology if there was no usable one. */
export interface ServiceReply {
  status: number;
  value: unknown;
}

interface Review {
  reviewer: string;
  text: string;
  rating?: { stars?: number; color?: string; error?: string };
}

const style = `
  :root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6b7e; --paper: #f6f4ef; --card: #fff; --line: #e2ddd2;
          --accent: #8a2f2f }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e8e6e1; --soft: #9aa5b4; --paper: #16191e; --card: #1f242b; --line: #333a44; --accent: #e08a7d } }
  * { box-sizing: border-box }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.6 Georgia, "Times New Roman", serif }
  header { padding: 3.5rem 1.5rem 2.5rem; text-align: center; border-bottom: 1px solid var(--line) }
  header p { max-width: 40rem; margin: 1rem auto 0; color: var(--soft) }
  h1 { margin: 0; font-size: clamp(2rem, 5vw, 3rem); font-weight: 500; letter-spacing: -.01em; text-wrap: balance }
  h2 { margin: 0 0 1rem; font: 600 .8rem/1 system-ui, sans-serif; letter-spacing: .08em; text-transform: uppercase;
       color: var(--soft) }
  a { color: var(--accent) }
  main { display: grid; gap: 1.5rem; grid-template-columns: minmax(14rem, 1fr) 2fr; max-width: 62rem; margin: 2rem auto;
         padding: 0 1.5rem }
  @media (max-width: 44rem) { main { grid-template-columns: 1fr } }
  section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.5rem }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .35rem 1.2rem; margin: 0; font-size: .95rem }
  dt { color: var(--soft) } dd { margin: 0; text-align: right; overflow-wrap: anywhere }
  blockquote { margin: 0; padding: 0 0 1.2rem } blockquote + blockquote { border-top: 1px solid var(--line);
               padding-top: 1.2rem }
  blockquote p { margin: 0 } cite { color: var(--soft); font-style: normal; font-size: .9rem }
  .stars { letter-spacing: .15em; margin-left: .6rem } .red { color: #d23b3b } .black { color: var(--ink) }
  .sorry { color: var(--accent) } footer { margin-top: 1rem; color: var(--soft); font-size: .85rem }`;

/** The page of one book, with the replies of details and reviews. */
export function page(product: Product, details: ServiceReply, reviews: ServiceReply): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(product.title)} · Bookinfo</title>
<link rel="icon" href="data:,">
<style>${style}
</style>
</head>
<body>
<header><h1>${escape(product.title)}</h1><p>${product.descriptionHtml}</p></header>
<main>
<section><h2>Book details</h2>${details.status === 200 ? detailsList(details.value) : sorry("details", details.value)}</section>
<section><h2>Book reviews</h2>${reviews.status === 200 ? reviewsList(reviews.value) : sorry("reviews", reviews.value)}</section>
</main>
</body>
</html>
`;
}

function detailsList(value: unknown): string {
  const rows = Object.entries(value as Record<string, unknown>).filter(([name]) => name !== "id");
  return `<dl>${rows.map(([name, fact]) => `<dt>${escape(name)}</dt><dd>${escape(fact)}</dd>`).join("")}</dl>`;
}

function reviewsList(value: unknown): string {
  const { reviews = [], podname } = value as { reviews?: Review[]; podname?: string };
  const quotes = reviews.map(
    ({ reviewer, text, rating }) =>
      `<blockquote><p>${escape(text)}</p><cite>${escape(reviewer)}</cite>${stars(rating)}</blockquote>`,
  );
  return `${quotes.join("")}<footer>Reviews served by ${escape(podname)}</footer>`;
}

function stars(rating: Review["rating"]): string {
  if (rating === undefined) return "";
  if (rating.stars === undefined) return `<p class="sorry">${escape(rating.error)}</p>`;
  const count = Math.max(0, Math.min(5, rating.stars));
  const colour = rating.color === "red" ? "red" : "black";
  return `<span class="stars ${colour}" title="${count} of 5 stars">${"★".repeat(count)}${"☆".repeat(5 - count)}</span>`;
}

function sorry(what: string, value: unknown): string {
  const { error } = value as { error?: string };
  return `<p class="sorry"><b>Error fetching product ${what}!</b><br>${escape(error)}</p>`;
}

function escape(value: unknown): string {
  return String(value ?? "").replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

// References in documents are valid: every relative link is to an existing file, every anchor to a heading, and every
// counter and npm script exists.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const markdown = (folder: string): string[] => readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"));
const documents = [...markdown("."), ...markdown("docs").map((name) => `docs/${name}`)];
const textOf = (document: string): string => readFileSync(join(root, document), "utf8");

/** The anchors of a document, which GitHub derives from its headings. */
function anchorsOf(document: string): string[] {
  const headings = [...textOf(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

for (const document of documents) {
  test(`the links of ${document} are valid`, () => {
    for (const [, link = ""] of textOf(document).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? document : join(dirname(document), path);
      assert.ok(existsSync(join(root, target)), `${link}: there is no ${target}`);
      if (anchor !== undefined) assert.ok(anchorsOf(target).includes(anchor), `${link}: ${target} has no such heading`);
    }
  });

  test(`the npm scripts that ${document} names exist`, () => {
    const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
    for (const [, script = ""] of textOf(document).matchAll(/npm run ([\w:]+)/g))
      assert.ok(script in scripts, `npm run ${script}`);
  });
}

test("README links to every document", () => {
  const links = [...textOf("README.md").matchAll(/\]\(([^)\s#]+)/g)].map(([, link]) => link);
  const others = documents.filter((document) => document !== "README.md");
  assert.deepEqual(
    others.filter((document) => !links.includes(document)),
    [],
  );
});

test("every counter that the documents name is in docs/counters.md", () => {
  const known = new Set([...textOf("docs/counters.md").matchAll(/^\| `(lightspan\.\w+)`/gm)].map(([, name]) => name));
  assert.ok(known.size > 10);
  for (const document of documents)
    for (const [, name] of textOf(document).matchAll(/`(lightspan\.(?:spans|reports|traces|context)_\w+)`/g))
      assert.ok(known.has(name), `${document}: ${name}`);
});

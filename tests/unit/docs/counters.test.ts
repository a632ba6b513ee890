// docs/counters.md against the module: each counter of the module has a row, each row is a counter of the module, and
// each counter of trouble has a line that says what to do.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { tableBelow } from "../../envoy/equality/markdown.ts";
import { Sidecar } from "../module/sidecar.ts";

const document = readFileSync(new URL("../../../docs/counters.md", import.meta.url), "utf8");
const documented = [...document.matchAll(/^\| `(lightspan\.\w+)`/gm)].map(([, name = ""]) => name).sort();
let defined: string[] = [];

before(async () => {
  const sidecar = await Sidecar.start();
  sidecar.request();
  sidecar.pass(2000);
  defined = [...sidecar.host.metrics.keys()].sort();
});

test("the table has exactly the counters that the module defines", () => {
  assert.ok(defined.length > 10);
  assert.deepEqual(documented, defined);
});

test("every reason for a drop has a line that says what to do", () => {
  const advised = tableBelow(document, "What to watch").map(([seen = ""]) => seen);
  for (const name of defined.filter((each) => each.includes("spans_dropped_"))) {
    const short = name.replace("lightspan.", "");
    assert.ok(
      advised.some((seen) => seen.includes(`\`${short}\``)),
      short,
    );
  }
});

// The peer in Rust is optional: if it cannot be built, a note replaces its row, and everything else is measured.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { buildPeer } from "../../../bench/envoys/peer.ts";
import { mainVariants } from "../../../bench/envoys/variant.ts";
import { program } from "../runner/programs.ts";

const folder = mkdtempSync(join(tmpdir(), "lightspan-peer-"));
after(() => rmSync(folder, { recursive: true }));

/** The path of a program that runs `script`. */
function standIn(name: string, script: string): string {
  return program(join(folder, name), script);
}

describe("the peer", () => {
  const cargo = standIn("cargo", "echo 'warning: no' >&2; echo 'error: no such crate' >&2; exit 101");
  const rustc = standIn("rustc", `echo ${folder}`);
  const missing = (reason: string) => ({ missing: `no row for a filter in Rust: ${reason}` });

  it("is not built without cargo or rustc", async () => {
    assert.deepEqual(await buildPeer({ PATH: "" }), missing("there is no cargo on the PATH"));
    assert.deepEqual(await buildPeer({ PATH: "", CARGO: cargo }), missing("there is no rustc on the PATH"));
  });

  it("is not built without the target, whose folder rustc names even if it does not exist", async () => {
    const reason = missing("Rust has no target wasm32-wasip1 here (rustup target add wasm32-wasip1)");
    const elsewhere = standIn("elsewhere", `echo ${folder}/lib`);
    const old = standIn("old", "echo 'error: Could not find specification for target'; exit 1");
    for (const RUSTC of [elsewhere, old])
      assert.deepEqual(await buildPeer({ ...process.env, CARGO: cargo, RUSTC }), reason);
  });

  it("is built by the programs in CARGO and RUSTC; cargo's error is one line", async () => {
    const env = { ...process.env, CARGO: cargo, RUSTC: rustc };
    assert.deepEqual(await buildPeer(env), missing("cargo build: error: no such crate"));
    const path = await buildPeer({ ...env, CARGO: standIn("good", "exit 0") });
    assert.ok("path" in path && path.path.endsWith(".wasm"), JSON.stringify(path));
  });
});

describe("the row of the peer", () => {
  const modules = { lightspan: "lightspan.wasm", empty: "empty.wasm", minimal: "minimal.wasm" };
  const names = (rust?: string): string[] => mainVariants(modules, { rust }).map(({ name }) => name);

  it("comes after Lightspan's, if there is a module", () => {
    assert.equal(names("peer.wasm").indexOf("rust"), names().indexOf("lightspan") + 1);
    assert.ok(!names().includes("rust"));
  });

  it("has a span for each request, like Lightspan's", () => {
    const variants = mainVariants(modules, { rust: "peer.wasm" });
    const [ours, theirs] = ["lightspan", "rust"].map((name) => variants.find((each) => each.name === name));
    const same = { ...ours, name: theirs?.name, label: theirs?.label, wasm: theirs?.wasm };
    assert.deepEqual(theirs, same);
    assert.equal(theirs?.wasm?.path, "peer.wasm");
  });
});

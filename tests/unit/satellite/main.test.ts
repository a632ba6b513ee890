// The satellite as a program: what it prints and how it ends.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startSatellite } from "../../../satellite/server.ts";
import { REPORTS } from "./client.ts";
import { encodeReport, someSpan } from "./encode.ts";
import { compile } from "../../compile.mjs";
import { eventually } from "../../wait.ts";

const USAGE = "usage: satellite/main.ts [--port 8360] [--grpc-port PORT] [--forward URL]";

// Compiled once: tsx would compile it again for each test.
let compiled = { folder: "", files: [""] };
before(async () => (compiled = await compile({ satellite: ["satellite/main.ts"] })));
after(() => rmSync(compiled.folder, { recursive: true }));

function start(...args: string[]) {
  const child = spawn(process.execPath, [...compiled.files, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const output = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (output.out += chunk));
  child.stderr.on("data", (chunk) => (output.err += chunk));
  const ended = once(child, "close").then(([code]) => ({ code, ...output }));
  return { child, output, ended };
}

describe("satellite/main.ts", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`prints where to post, then a trace once it is quiet, and ends with status 0 on ${signal}`, async (test) => {
      const { child, output, ended } = start("--port", "0");
      test.after(() => child.kill("SIGKILL"));
      await eventually("the addresses", () => output.out.includes("gRPC"), Boolean);
      const [url] = /http:\S+\/api\/v2\/reports/.exec(output.out) ?? [];
      const spans = [someSpan({ spanId: "01" }), someSpan({ spanId: "02", parentId: "01" })];
      await fetch(url ?? "", {
        method: "POST",
        headers: { "content-type": "application/octet-stream" },
        body: Buffer.from(encodeReport({ spans })),
      });
      await eventually("the trace", () => output.out.includes("└─"), Boolean);
      child.kill(signal);
      const { code, out, err } = await ended;
      assert.deepEqual([code, err], [0, ""]);
      assert.equal(out.match(/^trace /gm)?.length, 1);
      assert.match(out, /^trace 463ac35c9f6413ad · 1.26s · 2 spans\n/m);
    });
  }

  for (const [args, message] of [
    [["--prot", "1"], `Unknown option '--prot'; ${USAGE}`],
    [["--port"], `Option '--port <value>' argument missing; ${USAGE}`],
    [["--port", "-1"], `Option '--port' argument is ambiguous; ${USAGE}`],
    [["8360"], `Unexpected argument '8360'; ${USAGE}`],
    [["--port", "x"], `--port is "x": it must be a number from 0 to 65535; ${USAGE}`],
    [["--port", "65536"], `--port is "65536": it must be a number from 0 to 65535; ${USAGE}`],
    [["--grpc-port", "x"], `--grpc-port is "x": it must be a number from 0 to 65535; ${USAGE}`],
    [["--forward", "nowhere"], `cannot forward to "nowhere": it must be a URL such as http://127.0.0.1:4318`],
    [["--port="], `--port is "": it must be a number from 0 to 65535; ${USAGE}`],
  ] as const) {
    it(`refuses ${args.join(" ")} in one line, with status 1`, async () => {
      const { code, out, err } = await start(...args).ended;
      assert.deepEqual([code, out, err], [1, "", `satellite: ${message}\n`]);
    });
  }

  it("names a port that is in use in one line, with status 1", async (test) => {
    const other = await startSatellite();
    test.after(() => other.close());
    const { code, err } = await start("--port", String(other.port)).ended;
    assert.deepEqual([code, err], [1, `satellite: cannot listen on port ${other.port} of 127.0.0.1: it is in use\n`]);
    assert.equal((await fetch(other.url + REPORTS)).status, 405);
  });
});

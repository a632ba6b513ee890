// Which part of an Envoy's log is kept, and which is shown after a failure.

import assert from "node:assert/strict";
import test from "node:test";
import { LogTail, reasonIn, warningsOf } from "../../../runner/log.ts";

function line(level: string, logger: string, text: string): string {
  return `[2026-11-23 00:00:00.000][12][${level}][${logger}] [source/file.cc:1] ${text}`;
}

test("a log within the limit is kept whole, however it arrives in pieces", () => {
  const tail = new LogTail(100);
  for (const piece of ["one\ntw", "o\nthree", "\n"]) tail.add(piece);
  assert.equal(tail.text(), "one\ntwo\nthree\n");
});

test("of a log beyond the limit, the last whole lines are kept", () => {
  const tail = new LogTail(20);
  for (let i = 0; i < 100; i++) tail.add(`line ${i}\n`);
  assert.equal(tail.text(), "line 99\n");
});

test("warnings are found with their continuation lines, up to the next log entry", () => {
  const refused = line("error", "wasm", "refused");
  const log = [line("info", "main", "starting"), refused, "  because", line("info", "main", "on"), "not this"].join(
    "\n",
  );
  assert.equal(warningsOf(log), `${refused}\n  because`);
});

test("Envoy's usual startup warnings are omitted, but not its errors", () => {
  const log = [
    line("warning", "misc", "deprecated"),
    line("warning", "main", "no limit"),
    line("critical", "main", "no"),
  ];
  assert.equal(warningsOf(log.join("\n")), log[2]);
  assert.equal(warningsOf(log.slice(0, 2).join("\n")), "");
});

test("without a warning, the last lines are shown", () => {
  const log = Array.from({ length: 30 }, (_, i) => line("info", "main", String(i)));
  assert.equal(reasonIn(log.join("\n")), log.slice(-10).join("\n"));
});

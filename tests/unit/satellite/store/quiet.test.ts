import assert from "node:assert/strict";
import { it } from "node:test";
import { decodeReport } from "../../../../satellite/receive/lightstep.ts";
import { whenQuiet } from "../../../../satellite/store/quiet.ts";
import { TraceStore } from "../../../../satellite/store/traces.ts";
import { encodeReport, someSpan } from "../encode.ts";

it("shows a trace once no span of it has come for a second, and again after a late one", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const store = new TraceStore({ maxTraces: 2 });
  const shown: string[] = [];
  whenQuiet(store, ({ traceId, spans }) => shown.push(`${traceId.slice(-1)} ${spans.length}`));
  const add = (traceId: string, spanId: string) =>
    store.add(decodeReport(encodeReport({ spans: [someSpan({ traceId, spanId })] })));
  add("01", "01");
  mock.timers.tick(999);
  add("01", "02");
  add("02", "01");
  mock.timers.tick(999);
  assert.deepEqual(shown, []);
  mock.timers.tick(1);
  assert.deepEqual(shown, ["1 2", "2 1"]);
  add("01", "03");
  add("03", "01");
  mock.timers.tick(1000);
  assert.deepEqual(shown, ["1 2", "2 1", "3 1"], "the first trace was forgotten");
  add("02", "02");
  mock.timers.tick(1000);
  assert.deepEqual(shown.at(-1), "2 2");
});

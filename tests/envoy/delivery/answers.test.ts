// What a collector says inside a successful answer, under load in real Envoy: errors, a command to stop, rejected
// spans. Also reports that the host compresses, sent to a collector that inflates them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeResponse } from "../../../satellite/receive/lightstep.ts";
import type { Fault } from "../collector/fault.ts";
import { underLoad, type Fate } from "../faults/course.ts";
import type { SceneOptions } from "../faults/scene.ts";
import { eventually } from "../../wait.ts";

const ERRORS = encodeResponse({ receiveMicros: 1, transmitMicros: 2, errors: ["over the limit"] });
/** ReportResponse { commands: [{ disable: true }] } */
const DISABLE = Uint8Array.of(0x0a, 0x02, 0x08, 0x01);
/** ExportTraceServiceResponse { partial_success: { rejected_spans: 1 } } */
const ONE_REJECTED = Uint8Array.of(0x0a, 0x02, 0x08, 0x01);

const over = (transport: string, protocol = "lightstep"): SceneOptions => ({
  grpc: transport === "grpc",
  config: { collector: { protocol, transport } },
});

const says = (message: Uint8Array, outcome: "refused" | "acknowledged" | "unclear"): Fault => ({
  kind: "reply",
  message,
  outcome,
});

const refused: Fate = { lost: ["refused"], mustLose: true };

for (const transport of ["http", "grpc"]) {
  test(`Lightstep's errors over ${transport}: the report is refused`, async (context) => {
    await underLoad(context, over(transport), refused, {
      begin: ({ collector }) => collector.behave(says(ERRORS, "refused")),
      end: async ({ collector, envoy }) => {
        collector.behave({ kind: "accept" });
        const line = /it refused the report \(over the limit\)/;
        await eventually("the log to say why", envoy.log, (log) => line.test(log));
      },
    });
  });

  test(`Lightstep's command to stop over ${transport}: nothing more is sent`, async (context) => {
    let sent = 0;
    await underLoad(
      context,
      over(transport),
      { lost: ["disabled"], mustLose: true },
      {
        begin: ({ collector }) => {
          sent = collector.ledger.receipts.length;
          collector.behave(says(DISABLE, "acknowledged"));
        },
        end: async ({ collector: { ledger }, envoy }) => {
          assert.equal(ledger.receipts.slice(sent).length, 1, "the report that was answered so is the last one");
          const line = /: told us to stop; spans are dropped/g;
          await eventually("the log to say so", envoy.log, (log) => line.test(log));
          assert.equal(envoy.log().match(line)?.length, 1);
        },
      },
    );
  });

  test(`OTLP's partial success over ${transport}: one span of each report is refused`, async (context) => {
    await underLoad(context, over(transport, "otlp"), refused, {
      // It doesn't say which span was rejected.
      begin: ({ collector }) => collector.behave(says(ONE_REJECTED, "unclear")),
      end: ({ collector }) => collector.behave({ kind: "accept" }),
    });
  });
}

for (const protocol of ["lightstep", "otlp", "zipkin"]) {
  test(`${protocol}, deflated: the collector inflates every report`, async (context) => {
    const scene = { config: { collector: { protocol, compression: "deflate" } } };
    await underLoad(
      context,
      scene,
      {},
      {
        begin: () => {},
        end: ({ collector: { ledger } }) => {
          assert.ok(ledger.receipts.length > 0);
          for (const { encoding, format } of ledger.receipts)
            assert.deepEqual([encoding, format], ["deflate", protocol]);
        },
      },
    );
  });
}

// What a collector says inside of a good answer, under load in real Envoy: errors, a command to stop, spans that it rejects. And
// reports that the host has compressed, to a collector that inflates them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeResponse } from "../../../satellite/receive/lightstep.ts";
import type { Fault } from "../collector/fault.ts";
import { underLoad, type Fate } from "../faults/course.ts";
import type { SceneOptions } from "../faults/scene.ts";

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
      end: ({ collector, envoy }) => {
        collector.behave({ kind: "accept" });
        assert.match(envoy.log(), /it refused the report \(over the limit\)/);
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
        end: ({ collector: { ledger }, envoy }) => {
          assert.equal(ledger.receipts.slice(sent).length, 1, "the report that was answered so is the last one");
          assert.equal(envoy.log().match(/: told us to stop; spans are dropped/g)?.length, 1);
        },
      },
    );
  });

  test(`OTLP's partial success over ${transport}: one span of each report is refused`, async (context) => {
    await underLoad(context, over(transport, "otlp"), refused, {
      // Of which of the spans it speaks, it does not say.
      begin: ({ collector }) => collector.behave(says(ONE_REJECTED, "unclear")),
      end: ({ collector }) => collector.behave({ kind: "accept" }),
    });
  });
}

for (const protocol of ["lightstep", "otlp", "zipkin"]) {
  test(`${protocol}, deflated: what the collector inflates is all that there is`, async (context) => {
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

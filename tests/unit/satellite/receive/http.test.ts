import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { startSatellite } from "../../../../satellite/server.ts";
import type { Satellite } from "../../../../satellite/server.ts";
import { post, REPORTS } from "../client.ts";
import { encodeReport, someSpan } from "../encode.ts";

const LIMIT = 16 * 1024 * 1024;
/** More than the socket's buffers hold, so it is sent only if the satellite reads it. */
const REST = 32 * 1024 * 1024;

let satellite: Satellite;
beforeEach(async () => (satellite = await startSatellite()));
afterEach(() => satellite.close());

describe("POST a report", () => {
  it("answers 200 with a ReportResponse that has both times and no errors", async (test) => {
    const now = { seconds: 1_700_000_000, nanos: 123_000_000 };
    test.mock.timers.enable({ apis: ["Date"], now: 1_700_000_000_123 });
    const answer = await post(satellite, encodeReport({ spans: [someSpan()] }));
    assert.deepEqual([answer.status, answer.type, answer.errorsList], [200, "application/octet-stream", []]);
    assert.deepEqual([answer.receiveTimestamp, answer.transmitTimestamp], [now, now]);
  });

  for (const [encoding, pack] of [
    ["deflate", deflateSync],
    ["gzip", gzipSync],
  ] as const) {
    it(`unpacks ${encoding}`, async () => {
      const answer = await post(satellite, pack(encodeReport({ spans: [someSpan()] })), {
        "content-encoding": encoding,
      });
      assert.deepEqual([answer.status, satellite.counts.spans], [200, 1]);
    });
  }

  const refusals: [string, number, RegExp, () => Uint8Array, Record<string, string>?][] = [
    ["garbage", 400, /not a Lightstep ReportRequest/, () => Buffer.from("garbage")],
    ["no Reporter", 400, /has no Reporter/, () => encodeReport({ reporter: null, spans: [someSpan()] })],
    ["a span without ids", 400, /span 0 has no trace_id/, () => encodeReport({ spans: [{}] })],
    ["a packed body that does not unpack", 400, /unpack/, () => Buffer.from("x"), { "content-encoding": "gzip" }],
    ["a body over 16 MiB", 413, /16777216 bytes/, () => new Uint8Array(LIMIT + 1)],
    [
      "a body that unpacks to over 16 MiB",
      413,
      /16777216 bytes/,
      () => gzipSync(new Uint8Array(LIMIT + 1)),
      { "content-encoding": "gzip" },
    ],
    ["an unknown encoding", 415, /content-encoding br/, () => encodeReport({}), { "content-encoding": "br" }],
    ["another content type", 415, /application\/json/, () => encodeReport({}), { "content-type": "application/json" }],
  ];
  for (const [name, status, message, body, headers] of refusals) {
    it(`answers ${status} to ${name}, with the reason in a ReportResponse, and takes the next report`, async () => {
      const answer = await post(satellite, body(), headers);
      assert.deepEqual([answer.status, answer.type, answer.errorsList.length], [status, "application/octet-stream", 1]);
      assert.match(answer.errorsList[0] ?? "", message);
      assert.equal((await post(satellite, encodeReport({ spans: [someSpan()] }))).status, 200);
      assert.deepEqual([satellite.counts.rejected, satellite.counts.reports], [1, 1]);
    });
  }

  it("takes a body of 16 MiB", async () => {
    const report = encodeReport({ spans: [someSpan()] });
    const rest = LIMIT - report.length - 5; // the header of what fills it up: tag, length in four bytes
    const length = [rest & 0x7f, (rest >> 7) & 0x7f, (rest >> 14) & 0x7f, rest >> 21].map((b, i) =>
      i < 3 ? b | 0x80 : b,
    );
    const body = Buffer.concat([report, Uint8Array.from([0x7a, ...length]), new Uint8Array(rest)]);
    assert.equal(body.length, LIMIT);
    assert.equal((await post(satellite, body)).status, 200);
  });

  it("outlives a sender that goes away in the middle", async () => {
    const socket = connect(satellite.port, "127.0.0.1");
    await once(socket, "connect");
    const head = `POST ${REPORTS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: 99\r\n\r\n`;
    await new Promise((resolve) => socket.write(head + "abc", resolve));
    socket.destroy();
    assert.equal((await post(satellite, encodeReport({ spans: [someSpan()] }))).status, 200);
    assert.equal(satellite.counts.rejected, 0);
  });

  it("takes many reports over one connection after one that was too large", async () => {
    const socket = connect(satellite.port, "127.0.0.1");
    const report = encodeReport({ spans: [someSpan()] });
    const head = (length: number) =>
      `POST ${REPORTS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: ${length}\r\n\r\n`;
    socket.write(head(LIMIT + REST));
    socket.write(new Uint8Array(LIMIT + REST));
    for (let sent = 0; sent < 2; sent++) socket.write(Buffer.concat([Buffer.from(head(report.length)), report]));
    let received = "";
    for await (const chunk of socket) {
      received += chunk.toString("latin1");
      if ((received.match(/HTTP\/1\.1 /g) ?? []).length === 3) break;
    }
    assert.deepEqual(received.match(/(?<=HTTP\/1\.1 )\d+/g), ["413", "200", "200"]);
  });
});

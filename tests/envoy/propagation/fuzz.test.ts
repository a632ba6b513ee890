// The fuzz through a real Envoy: made-up trace headers over raw sockets, judged where they arrive, after the filter. No
// request may be lost, no illegal header may leave, and every unusable context is counted.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { inboundListener, sidecar } from "../../../runner/config/mesh.ts";
import { startEnvoy } from "../../../runner/process.ts";
import { services, workload } from "../../../demo/topology.ts";
import { Generator } from "../../fuzz/generate.ts";
import { judge, SETTINGS, TRACE_HEADERS } from "../../fuzz/judge.ts";
import { extract } from "../../fuzz/reference.ts";
import type { Header } from "../../host/headers.ts";
import { Random } from "../../host/random.ts";
import { account, during, envoyBinary, listen, startSink, wasm } from "../ground.ts";
import { eventually, PATIENCE_MS } from "../../wait.ts";

const CASES = 24_000;
const CONNECTIONS = 8;
/** Bytes of one value: a request's headers must stay within Envoy's 60 KiB in total. */
const LONGEST = 12_000;

/** Sends requests in sequence over one connection; `each` gets what the application received. */
function converse(port: number, next: () => Header[] | undefined, each: (sent: Header[], got: Header[]) => void) {
  return new Promise<void>((resolve, reject) => {
    let sent: Header[] = [];
    let answer = "";
    const socket = connect(port, "127.0.0.1");
    const send = (): void => {
      const headers = next();
      if (headers === undefined) {
        socket.end();
        return resolve();
      }
      sent = headers;
      const lines = headers.map(([name, value]) => `${name}: ${value}`);
      socket.write(Buffer.from(["GET / HTTP/1.1", "host: reviews", ...lines, "", ""].join("\r\n"), "latin1"));
    };
    socket.setTimeout(PATIENCE_MS, () =>
      socket.destroy(new Error(`no answer to ${JSON.stringify(sent).slice(0, 1000)}`)),
    );
    socket.on("connect", send);
    socket.on("error", reject);
    socket.on("data", (data) => {
      answer += data.toString("latin1");
      const head = answer.indexOf("\r\n\r\n");
      const length = Number(/content-length: (\d+)/.exec(answer)?.[1] ?? 0);
      if (head < 0 || answer.length < head + 4 + length) return;
      const body = answer.slice(head + 4);
      if (!answer.startsWith("HTTP/1.1 200 ")) {
        return void socket.destroy(new Error(`${answer.slice(0, 200)}\nto ${JSON.stringify(sent).slice(0, 1000)}`));
      }
      answer = "";
      each(sent, JSON.parse(Buffer.from(body, "latin1").toString("utf8")) as Header[]);
      send();
    });
  });
}

test(`${CASES} requests with odd trace headers pass a real Envoy, and leave with legal ones`, async () => {
  const server = createServer({ maxHeaderSize: 1024 * 1024 }, (request, response) => {
    const raw = request.rawHeaders;
    const pairs = raw.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1]]] : []));
    const body = Buffer.from(JSON.stringify(pairs.filter(([name]) => TRACE_HEADERS.test(name ?? ""))));
    response.writeHead(200, { "content-length": body.length }).end(body);
  });
  const app = await listen(server);
  const collector = await startSink();
  try {
    const perSetting = CASES / SETTINGS.length;
    for (const [seed, setting] of SETTINGS.entries()) {
      const envoy = await startEnvoy({
        binary: await envoyBinary,
        name: setting.name,
        config: sidecar({
          workload: workload("reviews-v1"),
          lightspan: { wasm, config: { collector: { cluster: "lightspan-collector" }, ...setting.config } },
          collector,
          inbound: {
            service: services.reviews,
            app,
          },
        }),
      });
      await during([envoy], async () => {
        const port = await envoy.listenerPort(inboundListener);
        const generator = new Generator(new Random(seed + 1), LONGEST);
        let left = perSetting;
        let malformed = 0;
        const next = (): Header[] | undefined => (left-- > 0 ? generator.headers() : undefined);
        const each = (sent: Header[], got: Header[]): void => {
          if (extract(sent, setting.extract).malformed) malformed++;
          const told = () => `sent: ${JSON.stringify(sent)}\ngot: ${JSON.stringify(got)}`.slice(0, 4000);
          const complaints = judge(sent, got, setting);
          assert.deepEqual(complaints, [], complaints.length > 0 ? `${complaints.join("; ")}\n${told()}` : undefined);
        };
        await Promise.all(Array.from({ length: CONNECTIONS }, () => converse(port, next, each)));
        await eventually(`${malformed} contexts counted as malformed`, async () => {
          const counted = await account([envoy]);
          return counted.context_malformed === malformed ? counted : undefined;
        });
      });
    }
  } finally {
    await collector.close();
    await app.close();
  }
});

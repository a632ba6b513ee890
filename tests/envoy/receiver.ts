// A collector that takes OTLP over HTTP and keeps all spans, with `trace_state`.
import { createServer } from "node:http";
import { readOtlp, type OtlpSpan } from "../otlp.ts";
import { listen, type Listening } from "./ground.ts";

export interface Receiver extends Listening {
  spans: OtlpSpan[];
}

export async function startReceiver(): Promise<Receiver> {
  const spans: OtlpSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      spans.push(...readOtlp(Buffer.concat(chunks)));
      response.end();
    });
  });
  return { spans, ...(await listen(server)) };
}

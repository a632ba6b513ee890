// One page view as a caller with a trace of its own makes it: the same to the byte each time, but for the ids.
import { randomBytes } from "node:crypto";
import { request } from "node:http";

export interface Visit {
  /** Of 128 bits, 32 hex digits. */
  traceId: string;
  /** The caller's span, parent of the first one of ours. */
  spanId: string;
}

/** Views the page at `url`. Throws an Error if it answers anything but 200. */
export function visit(url: string): Promise<Visit> {
  const traceId = randomBytes(16).toString("hex");
  const spanId = randomBytes(8).toString("hex");
  // Not the port, which differs from run to run, and is in a tag.
  const headers = { host: "bookinfo.test", "user-agent": "visit", b3: `${traceId}-${spanId}-1` };
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === 200) resolve({ traceId, spanId });
        else reject(new Error(`the page answers ${response.statusCode}`));
      });
    });
    sent.on("error", reject).end();
  });
}

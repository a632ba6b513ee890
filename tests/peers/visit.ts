// One page view by a caller with its own trace: the same bytes each time, except for the ids.
import { randomBytes } from "node:crypto";
import { request } from "node:http";

export interface Visit {
  /** 128 bits, as 32 hex digits. */
  traceId: string;
  /** The caller's span, the parent of our first. */
  spanId: string;
}

/** Views the page at `url`. Throws an Error if it answers anything but 200. */
export function visit(url: string): Promise<Visit> {
  const traceId = randomBytes(16).toString("hex");
  const spanId = randomBytes(8).toString("hex");
  // A host without the port, which differs from run to run and is in a tag.
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

// Requests to a running satellite.

import assert from "node:assert/strict";
import type { Satellite } from "../../../satellite/server.ts";
import { decodeAnswer } from "./encode.ts";

export const REPORTS = "/api/v2/reports";

/** Posts a report; returns the status, the content type and the decoded ReportResponse. */
export async function post({ url }: Satellite, body: Uint8Array, headers: Record<string, string> = {}) {
  const response = await fetch(url + REPORTS, {
    method: "POST",
    headers: { "content-type": "application/octet-stream", ...headers },
    body: Buffer.from(body),
  });
  const answer = decodeAnswer(new Uint8Array(await response.arrayBuffer()));
  return { status: response.status, type: response.headers.get("content-type"), ...answer };
}

/** Gets JSON, with any status. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON, looked into by the assertions
export async function get({ url }: Satellite, path: string): Promise<{ status: number; body: any }> {
  const response = await fetch(url + path);
  assert.equal(response.headers.get("content-type"), "application/json");
  return { status: response.status, body: await response.json() };
}

// Receives reports over HTTP, and answers them as the format's own collectors do. Knows no format.

import type { IncomingMessage, ServerResponse } from "node:http";
import { BodyError, readBody } from "./body.ts";
import type { Format } from "./formats.ts";
import type { Intake } from "./intake.ts";
import { ReportError } from "../store/report.ts";

/**
 * Answers a POST of a report: 200 or 202, or 400, 413 or 415 with the reason. Throws only if the sender disconnects.
 */
export async function takeReport(
  request: IncomingMessage,
  response: ServerResponse,
  format: Format,
  intake: Intake,
): Promise<void> {
  const receiveMicros = Date.now() * 1000;
  let status = format.accepted;
  let refusal: string | null = null;
  try {
    checkType(request, format);
    intake.take({ format, transport: "http", body: await readBody(request), token: tokenOf(request) });
  } catch (error) {
    if (!(error instanceof BodyError) && !(error instanceof ReportError)) throw error;
    intake.reject();
    status = error instanceof BodyError ? error.status : 400;
    refusal = error.message;
  }
  const { type, body } = refusal === null ? format.accept(receiveMicros) : format.refuse(refusal, receiveMicros);
  response.writeHead(status, { "content-type": type, "content-length": body.length }).end(body);
}

function checkType(request: IncomingMessage, { name, contentType }: Format): void {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type === contentType) return;
  throw new BodyError(415, `content-type is ${type ?? "absent"}: a report in ${name}'s format is ${contentType}`);
}

function tokenOf(request: IncomingMessage): string | undefined {
  const token = request.headers["lightstep-access-token"];
  return Array.isArray(token) ? token[0] : token;
}

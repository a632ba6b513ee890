// Reads the body of an HTTP request: bounded, and decompressed if needed. Does not know what is in it.

import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip, inflate } from "node:zlib";

/** The maximum size of a report, compressed or not. Lightstep's developer satellite has the same limit. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** The body cannot be accepted; `status` is the HTTP status to answer with. */
export class BodyError extends Error {
  override name = "BodyError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

// HTTP's deflate is the zlib format, which Envoy's `compress` produces.
const UNPACK: Record<string, ReturnType<typeof unpacker>> = {
  deflate: unpacker(inflate),
  gzip: unpacker(gunzip),
};

/**
 * Reads the whole body. Throws BodyError if it is too large (413), in an unknown encoding (415) or corrupt (400), and
 * the stream's own error if the sender disconnects.
 */
export async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity" && !Object.hasOwn(UNPACK, encoding)) {
    throw new BodyError(415, `content-encoding ${encoding} is not known: send deflate, gzip or none`);
  }
  const packed = await collect(request);
  return (await UNPACK[encoding]?.(packed)) ?? packed;
}

function collect(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) {
        chunks.push(chunk);
      } else {
        // Keeps reading: with bytes left unread, the connection could carry no further report.
        chunks.length = 0;
        reject(tooLarge());
      }
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
  });
}

function unpacker(unpack: typeof inflate): (packed: Buffer) => Promise<Buffer> {
  const run = promisify<Buffer, { maxOutputLength: number }, Buffer>(unpack);
  return async (packed) => {
    try {
      return await run(packed, { maxOutputLength: MAX_BODY_BYTES });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw code === "ERR_BUFFER_TOO_LARGE" ? tooLarge() : new BodyError(400, `the body does not unpack: ${message}`);
    }
  };
}

function tooLarge(): BodyError {
  return new BodyError(413, `a report may be ${MAX_BODY_BYTES} bytes long at most`);
}

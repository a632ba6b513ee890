// What a test tells the host: of the Envoy, of the end of a stream, of an answer.
import type { Headers } from "./headers.ts";
import type { Shared } from "./imports/shared.ts";
import type { Attributes, Properties } from "./properties.ts";

export interface HostOptions {
  /** The clusters that this Envoy has; any name if left out. */
  clusters?: string[];
  /** Attributes that can be read at any time: `{ xds: { node: … } }`. */
  node?: Attributes;
  /** Variables of the VM. */
  environment?: Record<string, string>;
  /** What this VM shares with others; its own if left out. */
  shared?: Shared;
  /** Wall-clock time, milliseconds since the epoch. */
  now?: number;
  /** Of the host's random source. */
  seed?: number;
}

/** How a stream ended. */
export interface Ended {
  /** As they went on from requestHeaders(), if left out; null: the stream had none. */
  requestHeaders?: Headers | null;
  responseHeaders?: Headers;
  responseTrailers?: Headers;
  properties?: Properties | Attributes;
}

export type Answer = { status: number; headers?: Headers; body?: Uint8Array | string; trailers?: Headers } | "reset";

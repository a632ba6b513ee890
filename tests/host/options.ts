// What a test tells the host about Envoy, the end of a stream, and an answer.
import type { Headers } from "./headers.ts";
import type { Shared } from "./imports/shared.ts";
import type { Attributes, Properties } from "./properties.ts";

export interface HostOptions {
  /** The clusters that this Envoy has; every name exists if omitted. */
  clusters?: string[];
  /** Attributes that can be read at any time: `{ xds: { node: … } }`. */
  node?: Attributes;
  /** Variables of the VM. */
  environment?: Record<string, string>;
  /** The store that this VM shares with others; its own if omitted. */
  shared?: Shared;
  /** Wall-clock time, milliseconds since the epoch. */
  now?: number;
  /** The seed of the host's random source. */
  seed?: number;
  /** Host functions and callbacks that `capability_restriction_config` does not allow. */
  denied?: string[];
}

/** How a stream ended. */
export interface Ended {
  /** Those that requestHeaders() sent on, if omitted; null: the stream had none. */
  requestHeaders?: Headers | null;
  responseHeaders?: Headers;
  responseTrailers?: Headers;
  properties?: Properties | Attributes;
}

export type Answer = { status: number; headers?: Headers; body?: Uint8Array | string; trailers?: Headers } | "reset";

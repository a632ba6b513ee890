// The load generator, in its own process: opens connections to an Envoy, sends requests, reports the results.
import { serve } from "../helper.ts";
import { saturate, type Limit, type Throughput } from "./closed.ts";
import { openHttp1 } from "./http1.ts";
import { openHttp2 } from "./http2.ts";
import { pace, type Latency, type Pace } from "./open.ts";
import type { Connections, Target } from "./slot.ts";

let connections: Connections = { slots: [], close: () => {} };

/** The functions that the benchmark calls. */
const generator = {
  /** Opens connections to `target`; they stay open until close(). */
  async open(target: Target): Promise<void> {
    connections.close();
    connections = await (target.protocol === "http1" ? openHttp1(target) : openHttp2(target));
  },

  saturate: (limit: Limit): Promise<Throughput> => saturate(connections.slots, limit),

  pace: (at: Pace): Promise<Latency> => pace(connections.slots, at),

  close(): void {
    connections.close();
    connections = { slots: [], close: () => {} };
  },
};

export type Generator = typeof generator;

serve(generator);

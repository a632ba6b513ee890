// The load generator, a process of its own: opens lines to an Envoy, sends over them, tells what came back.
import { serve } from "../helper.ts";
import { saturate, type Limit, type Throughput } from "./closed.ts";
import { openHttp1 } from "./http1.ts";
import { openHttp2 } from "./http2.ts";
import { pace, type Latency, type Pace } from "./open.ts";
import type { Lines, Target } from "./slot.ts";

let lines: Lines = { slots: [], close: () => {} };

/** What the generator can be asked. */
const generator = {
  /** Opens lines to `target`; they stay until close(). */
  async open(target: Target): Promise<void> {
    lines.close();
    lines = await (target.protocol === "http1" ? openHttp1(target) : openHttp2(target));
  },

  saturate: (limit: Limit): Promise<Throughput> => saturate(lines.slots, limit),

  pace: (at: Pace): Promise<Latency> => pace(lines.slots, at),

  close(): void {
    lines.close();
    lines = { slots: [], close: () => {} };
  },
};

export type Generator = typeof generator;

serve(generator);

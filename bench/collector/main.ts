// The collectors, all in one process: one for each Envoy, identified by its port.
import { serve } from "../helper.ts";
import type { Format } from "./count.ts";
import { Intake, type Tally } from "./intake.ts";

const intakes = new Map<number, Intake>();

function find(port: number): Intake {
  const intake = intakes.get(port);
  if (intake === undefined) throw new Error(`there is no collector on port ${port}`);
  return intake;
}

/** The functions that the benchmark calls. */
const collectors = {
  /** Opens one and returns its port. */
  async open(format: Format): Promise<number> {
    const intake = await Intake.open(format);
    intakes.set(intake.port, intake);
    return intake.port;
  },

  spans: (port: number): number => find(port).spans,

  tally: (port: number): Tally => find(port).tally(),

  close(port: number): void {
    find(port).close();
    intakes.delete(port);
  },
};

export type Collectors = typeof collectors;

serve(collectors);

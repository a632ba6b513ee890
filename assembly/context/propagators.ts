// All propagation formats. To add one, write its file, list it here, and add its name to the schema.
import { b3 } from "./b3";
import { b3multi } from "./b3multi";
import { Propagator } from "./propagator";
import { tracecontext } from "./tracecontext";

export const PROPAGATORS: Propagator[] = [b3, b3multi, tracecontext];

// Places in that list.
export const B3: u32 = 0;
export const B3_MULTI: u32 = 1;
export const TRACECONTEXT: u32 = 2;

/** Their names, in order, separated by a comma and a space. */
export function propagatorNames(): string {
  let names: string[] = [];
  for (let i = 0; i < PROPAGATORS.length; i++) names.push(PROPAGATORS[i].name);
  return names.join(", ");
}

/** The propagators at these places. */
export function propagatorsAt(places: u32[]): Propagator[] {
  let propagators: Propagator[] = [];
  for (let i = 0; i < places.length; i++) propagators.push(PROPAGATORS[places[i]]);
  return propagators;
}

// The list of formats: their names in the configuration, and that no two of them share a header.
import { carrier } from "../../../../assembly/context/carrier";
import {
  B3,
  B3_MULTI,
  propagatorNames,
  PROPAGATORS,
  propagatorsAt,
  TRACECONTEXT,
} from "../../../../assembly/context/propagators";
import { TraceContext } from "../../../../assembly/context/context";
import { ABSENT } from "../../../../assembly/context/propagator";
import { toText, over } from "../../../../assembly/bytes/slice";
import { bring } from "../headers";

const context = new TraceContext();

describe("the propagation formats", () => {
  it("have the configuration's names, in its order", () => {
    expect(propagatorNames()).toBe("b3, b3multi, tracecontext");
    let few = propagatorsAt([TRACECONTEXT, B3, B3_MULTI]);
    expect(few.length).toBe(3);
    expect(few[0].name).toBe("tracecontext");
    expect(few[1].name).toBe("b3");
    expect(few[2].name).toBe("b3multi");
  });

  it("have separate headers, and have arrived if any of these has, even an empty one", () => {
    let names: string[] = [];
    for (let i = 0; i < PROPAGATORS.length; i++) {
      let propagator = PROPAGATORS[i];
      expect(propagator.headers.length).toBeGreaterThan(0);
      for (let n = 0; n < propagator.headers.length; n++) {
        let name = toText(over(propagator.headers[n].name, propagator.headers[n].nameSize));
        expect(names.includes(name)).toBe(false, name);
        names.push(name);
        bring(carrier, [":path", "/", name, ""]);
        for (let k = 0; k < PROPAGATORS.length; k++) expect(PROPAGATORS[k].arrived).toBe(k === i, name);
        expect(propagator.extract(context)).toBe(ABSENT, name);
      }
    }
  });
});

// Memory in a Region lives as long as a reference to the Region, and is collected with it. The module's own names stay.
import { beginRegion, Region, retain } from "../../../../assembly/bytes/region";
import { text, toText } from "../../../../assembly/bytes/slice";

const NAME = text("a name of the module");

function fill(from: usize, size: usize, value: u8): void {
  memory.fill(from, value, size);
}

/** Retains a hundred blocks of a kilobyte in an unreferenced Region. */
function abandon(): void {
  beginRegion();
  for (let i = 0; i < 100; i++) fill(retain(1024), 1024, 0xee);
}

let kept: Region | null = null;

describe("a region", () => {
  it("keeps its content", () => {
    kept = beginRegion();
    let slice = text("of a configuration");
    for (let i = 0; i < 20; i++) {
      abandon();
      __collect();
    }
    expect(toText(slice)).toBe("of a configuration");
    expect(toText(NAME)).toBe("a name of the module");
    expect(kept).not.toBeNull();
  });

  it("is collected, with its memory, once it is unreferenced", () => {
    abandon();
    __collect();
    let before = memory.size();
    for (let i = 0; i < 200; i++) {
      abandon();
      __collect();
    }
    expect(memory.size()).toBe(before);
  });

  it("may hold empty blocks", () => {
    kept = beginRegion();
    expect(text("").size).toBe(0);
    expect(retain(0) !== 0).toBe(true);
  });
});

// Memory that somebody holds: it stays while the Hold does, and is collected with it. What was made before the first one stays.
import { beginHold, Hold, hold } from "../../../../assembly/bytes/hold";
import { text, toText } from "../../../../assembly/bytes/slice";

const NAME = text("a name of the module");

function fill(from: usize, size: usize, value: u8): void {
  memory.fill(from, value, size);
}

/** A hundred blocks of a kilobyte in a Hold that nobody keeps; the address of the last one. */
function forgotten(): usize {
  beginHold();
  let at: usize = 0;
  for (let i = 0; i < 100; i++) {
    at = hold(1024);
    fill(at, 1024, 0xee);
  }
  return at;
}

let kept: Hold | null = null;

describe("memory that is held", () => {
  it("keeps what was written while its Hold is kept", () => {
    kept = beginHold();
    let slice = text("of a configuration");
    for (let i = 0; i < 20; i++) {
      forgotten();
      __collect();
    }
    expect(toText(slice)).toBe("of a configuration");
    expect(toText(NAME)).toBe("a name of the module");
    expect(kept).not.toBeNull();
  });

  it("is given back with its Hold", () => {
    forgotten();
    __collect();
    let before = memory.size();
    for (let i = 0; i < 200; i++) {
      forgotten();
      __collect();
    }
    expect(memory.size()).toBe(before);
  });

  it("may be empty", () => {
    kept = beginHold();
    expect(text("").size).toBe(0);
    expect(hold(0) !== 0).toBe(true);
  });
});

// How many traces may start: bursts, rates below one a second, and irregular clocks.
import { Cap } from "../../../../assembly/context/cap";
import { ALWAYS } from "../../../../assembly/context/sampling";

/** One trace a second, in the unit of the cap. */
const ONE: u64 = ALWAYS;
const ALL_BITS: u64 = 0xffffffffffffffff;

function capped(perSecond: u64): Cap {
  return new Cap(perSecond);
}

/** How many of `wanted` traces may start at `nowMs`. */
function admitted(cap: Cap, wanted: u32, nowMs: u64): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < wanted; i++) if (cap.admits(nowMs)) count++;
  return count;
}

describe("a cap", () => {
  it("does not limit if it is 0", () => {
    expect(capped(0).isSet).toBe(false);
    expect(capped(1).isSet).toBe(true);
  });

  it("lets a second's worth of traces start at once, and no more", () => {
    expect(admitted(capped(5 * ONE), 100, 1000000)).toBe(5);
    expect(admitted(capped(1 * ONE), 100, 1000000)).toBe(1);
    expect(admitted(capped(1000000 * ONE), 1000010, 1000000)).toBe(1000000);
  });

  it("lets only whole traces start: at 2.5, two and then three, once the halves add up", () => {
    let cap = capped((5 * ONE) / 2);
    expect(admitted(cap, 100, 1000000)).toBe(2);
    expect(admitted(cap, 100, 1000199)).toBe(0);
    expect(admitted(cap, 100, 1000200)).toBe(1);
    expect(admitted(cap, 100, 1001200)).toBe(2);
    expect(admitted(cap, 100, 1002200)).toBe(2);
  });

  it("fills up at its rate", () => {
    let cap = capped(10 * ONE);
    expect(admitted(cap, 100, 1000000)).toBe(10);
    expect(admitted(cap, 100, 1000099)).toBe(0);
    expect(admitted(cap, 100, 1000100)).toBe(1);
    expect(admitted(cap, 100, 1000500)).toBe(4);
    expect(admitted(cap, 100, 1001500)).toBe(10);
  });

  it("keeps at most a second's worth, however long no trace started", () => {
    let cap = capped(3 * ONE);
    expect(admitted(cap, 100, 1000000)).toBe(3);
    expect(admitted(cap, 100, 1000000 + 86400000)).toBe(3);
    expect(admitted(cap, 100, 1000000 + 86400000)).toBe(0);
  });

  it("below 1 lets one trace start, and the next when it is due", () => {
    let cap = capped(ONE / 10);
    expect(admitted(cap, 100, 1000000)).toBe(1);
    expect(admitted(cap, 100, 1009999)).toBe(0);
    expect(admitted(cap, 100, 1010000)).toBe(1);
    expect(admitted(cap, 100, 1010001)).toBe(0);
  });

  it("of 0.0001, the smallest, lets one trace start every 10,000 seconds", () => {
    let cap = capped(1);
    expect(admitted(cap, 100, 1000000)).toBe(1);
    expect(admitted(cap, 100, 1000000 + 3000000)).toBe(0);
    expect(admitted(cap, 100, 1000000 + 6000000)).toBe(0);
    expect(admitted(cap, 100, 1000000 + 9000000)).toBe(0);
    expect(admitted(cap, 100, 1000000 + 10000000)).toBe(1);
  });

  it("holds over a minute of requests every millisecond", () => {
    let cap = capped(20 * ONE);
    let count: u32 = 0;
    for (let nowMs: u64 = 1000000; nowMs < 1060000; nowMs++) count += admitted(cap, 2, nowMs);
    expect(count).toBe(20 + 60 * 20 - 1);
  });

  it("loses no fraction of a trace, however often it is asked", () => {
    let cap = capped(ONE / 20);
    let count: u32 = 0;
    for (let nowMs: u64 = 1000000; nowMs < 1060000; nowMs++) count += admitted(cap, 1, nowMs);
    expect(count).toBe(1 + 2);
  });

  it("below 1 in an hour fills up over more than an hour without a request", () => {
    let cap = capped(1);
    expect(admitted(cap, 100, 1000000)).toBe(1);
    expect(admitted(cap, 100, 1000000 + 10000000)).toBe(1);
  });

  it("continues from the time to which a clock was set back, however far", () => {
    let cap = capped(5 * ONE);
    expect(admitted(cap, 5, 1000000000)).toBe(5);
    expect(admitted(cap, 5, 1000000000 - 3600000)).toBe(0);
    expect(admitted(cap, 5, 1000000000 - 3599000)).toBe(5);
  });

  it("lets none start while the clock stands still", () => {
    let cap = capped(5 * ONE);
    expect(admitted(cap, 5, 1000000)).toBe(5);
    expect(admitted(cap, 100000, 1000000)).toBe(0);
  });

  it("gains nothing from a clock that was set back", () => {
    let cap = capped(5 * ONE);
    expect(admitted(cap, 5, 1000000)).toBe(5);
    expect(admitted(cap, 100, 999000)).toBe(0);
    expect(admitted(cap, 100, 0)).toBe(0);
  });

  it("refills again when a clock that was set back a little has advanced", () => {
    let cap = capped(5 * ONE);
    expect(admitted(cap, 5, 1000000)).toBe(5);
    expect(admitted(cap, 100, 999990)).toBe(0);
    expect(admitted(cap, 100, 1001000)).toBe(5);
  });

  it("works with a clock at 0, or at its maximum", () => {
    expect(admitted(capped(5 * ONE), 100, 0)).toBe(5);
    let cap = capped(5 * ONE);
    expect(admitted(cap, 100, 0)).toBe(5);
    expect(admitted(cap, 100, ALL_BITS)).toBe(5);
    expect(admitted(cap, 100, 0)).toBe(0);
  });

  it("does not overflow at its maximum, whatever the clock does", () => {
    let cap = capped(1000000 * ONE);
    for (let nowMs: u64 = 1; nowMs > 0; nowMs <<= 1) expect(cap.admits(nowMs)).toBe(true);
  });
});

describe("a cap is short", () => {
  it("from a refusal on, for as long as it takes to fill", () => {
    let cap = capped(5 * ONE);
    expect(admitted(cap, 5, 1000000)).toBe(5);
    expect(cap.isShort).toBe(false, "nothing was refused yet");
    expect(cap.admits(1000000)).toBe(false);
    expect(cap.isShort).toBe(true);
    expect(cap.admits(1000999)).toBe(true);
    expect(cap.isShort).toBe(true, "a millisecond is missing");
    expect(cap.admits(1001000)).toBe(true);
    expect(cap.isShort).toBe(false);
  });

  it("not after the clock was set back", () => {
    let cap = capped(ONE);
    expect(admitted(cap, 2, 10000000)).toBe(1);
    expect(cap.admits(5000000)).toBe(false);
    cap.admits(5001000);
    expect(cap.isShort).toBe(false);
  });

  it("of less than one a second, as long as more arrive than it admits", () => {
    let cap = capped(ONE / 2);
    expect(admitted(cap, 2, 1000000)).toBe(1);
    for (let nowMs: u64 = 1000500; nowMs < 1060000; nowMs += 500) {
      cap.admits(nowMs);
      if (!cap.isShort) expect(nowMs).toBe(0, "it was not short");
    }
    expect(cap.admits(1070000)).toBe(true);
    expect(cap.isShort).toBe(false);
  });

  it("as long as more arrive than it admits", () => {
    let cap = capped(5 * ONE);
    expect(admitted(cap, 6, 1000000)).toBe(5);
    for (let nowMs: u64 = 1000001; nowMs < 1060000; nowMs += 100) {
      cap.admits(nowMs);
      if (!cap.isShort) expect(nowMs).toBe(0, "it was not short");
    }
  });

  it("never if it admits everything, or is not set", () => {
    let cap = capped(5 * ONE);
    for (let nowMs: u64 = 1000000; nowMs < 1060000; nowMs += 200) expect(cap.admits(nowMs)).toBe(true);
    expect(cap.isShort).toBe(false);
    expect(capped(0).isShort).toBe(false);
  });

  it("even after the clock was set back", () => {
    let cap = capped(5 * ONE);
    expect(admitted(cap, 6, 1000000)).toBe(5);
    cap.admits(900000);
    expect(cap.isShort).toBe(true);
    cap.admits(901000);
    expect(cap.isShort).toBe(false);
  });
});

import { seed } from "../../../../assembly/context/ids";
import { Backoff } from "../../../../assembly/report/backoff";

const NOW: u64 = 1700000000000;
const HOUR: u64 = 3600000;

/** The waits after each of `failures` failures in a row, each failure following the previous wait. */
function waitsOf(backoff: Backoff, failures: i32): u64[] {
  let waits: u64[] = [];
  let now = NOW;
  for (let i = 0; i < failures; i++) {
    backoff.fail(now, 0);
    let wait = backoff.remaining(now);
    waits.push(wait);
    now += wait;
  }
  return waits;
}

describe("a wait", () => {
  it("is zero before any failure", () => {
    let backoff = new Backoff(100, 1000);
    expect(backoff.hasFailed).toBe(false);
    expect(backoff.remaining(NOW)).toBe(0);
    expect(backoff.remaining(0)).toBe(0);
  });

  it("doubles with each failure up to the longest, each randomly between half and all of it", () => {
    let wrong = "";
    for (let i: u64 = 0; i < 200; i++) {
      seed(i, i * 7);
      let waits = waitsOf(new Backoff(100, 3000), 8);
      let delays: u64[] = [100, 200, 400, 800, 1600, 3000, 3000, 3000];
      for (let j = 0; j < 8; j++)
        if (waits[j] * 2 < delays[j] || waits[j] > delays[j]) wrong += waits[j].toString() + " ";
    }
    expect(wrong).toBe("");
  });

  it("covers its whole range, both ends included", () => {
    let seen = new Set<u64>();
    for (let i: u64 = 0; i < 400; i++) {
      seed(i, i + 1);
      seen.add(waitsOf(new Backoff(10, 1000), 1)[0]);
    }
    expect(seen.size).toBe(6); // 5 to 10
  });

  it("is at least one millisecond", () => {
    for (let i: u64 = 0; i < 100; i++) {
      let backoff = new Backoff(1, 1);
      backoff.fail(NOW, 0);
      expect(backoff.remaining(NOW)).toBe(1);
    }
  });

  it("is no longer than the longest, even if the first is configured longer", () => {
    for (let i: u64 = 0; i < 100; i++) expect(waitsOf(new Backoff(5000, 100), 1)[0] <= 100).toBe(true);
  });

  it("does not wrap around after any number of failures", () => {
    let waits = waitsOf(new Backoff(HOUR, HOUR), 200);
    for (let i = 0; i < waits.length; i++) expect(waits[i] >= HOUR / 2 && waits[i] <= HOUR).toBe(true);
  });

  it("is as long as the collector asked, but at most an hour", () => {
    let backoff = new Backoff(100, 1000);
    backoff.fail(NOW, 7000);
    expect(backoff.remaining(NOW)).toBe(7000);
    backoff.fail(NOW, HOUR + 1);
    expect(backoff.remaining(NOW)).toBe(HOUR);
    backoff.fail(NOW, u64.MAX_VALUE);
    expect(backoff.remaining(NOW)).toBe(HOUR);
  });

  it("is not shortened if the collector asks for less", () => {
    let backoff = new Backoff(1000, 1000);
    backoff.fail(NOW, 1);
    expect(backoff.remaining(NOW) >= 500).toBe(true);
  });

  it("runs down with the clock", () => {
    let backoff = new Backoff(100, 1000);
    backoff.fail(NOW, 7000);
    expect(backoff.remaining(NOW + 6999)).toBe(1);
    expect(backoff.remaining(NOW + 7000)).toBe(0);
    expect(backoff.remaining(NOW + 8000)).toBe(0);
    expect(backoff.hasFailed).toBe(true, "until a report was taken");
  });

  it("ends when the clock is set back", () => {
    let backoff = new Backoff(100, 1000);
    backoff.fail(NOW, 7000);
    expect(backoff.remaining(NOW - 1)).toBe(0);
    expect(backoff.remaining(0)).toBe(0);
  });

  it("ends, and starts over, when a report is accepted", () => {
    let backoff = new Backoff(100, 100000);
    waitsOf(backoff, 9);
    backoff.succeed();
    expect(backoff.hasFailed).toBe(false);
    expect(backoff.remaining(NOW)).toBe(0);
    expect(waitsOf(backoff, 1)[0] <= 100).toBe(true);
  });
});

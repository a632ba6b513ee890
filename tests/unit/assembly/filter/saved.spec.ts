import { Field, Fields } from "../../../../assembly/bytes/fields";
import { text, toText } from "../../../../assembly/bytes/slice";
import { forgetHeaders, MAX_VALUE, restoreHeaders, saveHeaders } from "../../../../assembly/filter/saved";
import { bring } from "../headers";

const fields = new Fields();
const agent: Field = fields.save(text("user-agent"));
const tenant: Field = fields.save(text("x-tenant"));
const other: Field = fields.want(text("x-other"));

const LONG: string[] = ["user-agent", "a".repeat(MAX_VALUE)];
/** How many streams with LONG have room: each takes a few bytes more than MAX_VALUE. */
const ROOM: i32 = (16 * 1024 * 1024) / (MAX_VALUE + 24);

/** Saves LONG until there is no room, or `most` times; the addresses are added to `saved`. */
function fill(saved: usize[], expendable: bool, most: i32 = i32.MAX_VALUE): i32 {
  bring(fields, LONG);
  let count = 0;
  while (count < most) {
    let at = saveHeaders(fields, expendable);
    if (at === 0) break;
    saved.push(at);
    count++;
  }
  return count;
}

function forgetAll(saved: usize[]): void {
  while (saved.length > 0) forgetHeaders(saved.pop());
}

describe("saved headers", () => {
  it("are found again, even after other requests", () => {
    bring(fields, ["user-agent", "curl", "x-other", "1", "x-tenant", "acme"]);
    let at = saveHeaders(fields, false);
    bring(fields, ["user-agent", "wget"]);
    restoreHeaders(at, fields);
    expect(toText(agent)).toBe("curl");
    expect(toText(tenant)).toBe("acme");
    expect(other.seen).toBe(0, "it is not one of those that are saved");
    forgetHeaders(at);
  });

  it("are none if nothing was saved", () => {
    bring(fields, ["user-agent", "curl"]);
    restoreHeaders(0, fields);
    expect(agent.seen).toBe(0);
    forgetHeaders(0);
  });
});

describe("the room for saved headers", () => {
  it("is bounded, and free again once they are forgotten", () => {
    let saved: usize[] = [];
    let count = fill(saved, false);
    expect(abs(count - ROOM)).toBeLessThan(100);
    forgetHeaders(saved.pop());
    expect(fill(saved, false)).toBe(1);
    forgetAll(saved);
    expect(fill(saved, false)).toBe(count);
    forgetAll(saved);
  });

  it("is only half as large for those that are expendable", () => {
    let saved: usize[] = [];
    let count = fill(saved, true);
    expect(abs(count - ROOM / 2)).toBeLessThan(100);
    let rest = fill(saved, false);
    expect(abs(rest - ROOM / 2)).toBeLessThan(100, "the others have the rest");
    expect(fill(saved, true)).toBe(0);
    forgetAll(saved);
  });

  it("that the others use is not left to those that are expendable", () => {
    let saved: usize[] = [];
    fill(saved, false, ROOM / 2 + 10);
    expect(fill(saved, true)).toBe(0);
    expect(fill(saved, false, 10)).toBe(10);
    forgetAll(saved);
  });
});

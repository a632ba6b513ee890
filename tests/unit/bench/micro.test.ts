// The micro benchmark compiles the code that it measures. This fails when a room of assembly/ changes its interface.
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { compileRooms, type Room } from "../../../bench/micro/compile.ts";

describe("the hot rooms", () => {
  let rooms = new Map<string, Room>();
  before(async () => {
    rooms = await compileRooms();
  });

  it("are there, and do their work as often as they are told", () => {
    assert.ok(rooms.size >= 10, [...rooms.keys()].join(", "));
    for (const [name, room] of rooms) assert.notEqual(room(3), 0, name);
  });

  it("encode as many bytes for two spans as for one, twice", () => {
    const encode = rooms.get("encode_a_span");
    assert.equal(encode?.(2), 2 * (encode?.(1) ?? NaN));
  });
});

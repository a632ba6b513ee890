// Answers of Lightstep's collector: a ReportResponse, or whatever else is at its address.
import { Answer } from "../../../../assembly/report/format";
import { Lightstep } from "../../../../assembly/report/lightstep";
import { text, toText } from "../../../../assembly/bytes/slice";
import { Bytes, fence } from "../bytes";
import { below, startChance } from "../chance";

const answer = new Answer();
const format = new Lightstep(false, 1, [], text(""));
const framed = new Lightstep(true, 1, [], text(""));

/** The content of an answer, a word for each part. A report is rejected completely or not at all. */
function said(): string {
  let words = answer.disable ? "disable " : "";
  if (answer.rejected > 0) words += answer.rejected === u64.MAX_VALUE ? "rejected " : "some ";
  return words + toText(answer.complaint);
}

/** Reads bytes that end where memory ends. */
function read(bytes: Bytes): string {
  format.readAnswer(fence(bytes.at, bytes.size), bytes.size, answer);
  return said();
}

/** Like read(), in gRPC's frame. */
function readFramed(bytes: Bytes): string {
  framed.readAnswer(fence(bytes.at, bytes.size), bytes.size, answer);
  return said();
}

const WHOLE = new Bytes()
  .hex("0a 02 08 00") // ReportResponse.commands = 1: Command.disable = 1: false
  .hex("12 08 08 80 e2 cf aa 06 10 01") // receive_timestamp = 2
  .hex("1a 08 08 80 e2 cf aa 06 10 02") // transmit_timestamp = 3
  .hex("0a 04 10 01 08 01") // commands = 1: dev_mode = 2: true, disable = 1: true
  .hex("22 05")
  .text("wrong") // errors = 4
  .hex("22 04")
  .text("more") // errors = 4
  .hex("2a 04")
  .text("mind") // warnings = 5
  .hex("32 02")
  .text("by"); // infos = 6
/** The ends of its fields. */
const ENDS: u32[] = [0, 4, 14, 24, 30, 37, 43, 49, 53];

describe("an answer", () => {
  it("says nothing if it is empty", () => {
    expect(read(new Bytes())).toBe("");
  });

  it("says nothing if all went well", () => {
    let bytes = new Bytes()
      .hex("12 08 08 80 e2 cf aa 06 10 01") // receive_timestamp = 2
      .hex("1a 08 08 80 e2 cf aa 06 10 02"); // transmit_timestamp = 3
    expect(read(bytes)).toBe("");
  });

  it("says to stop", () => {
    expect(read(new Bytes().hex("0a 02 08 01"))).toBe("disable ");
    expect(read(new Bytes().hex("0a 04 08 ff ff 01"))).toBe("disable ");
  });

  it("says to stop in any of its commands", () => {
    expect(read(new Bytes().hex("0a 02 10 01 0a 02 08 01 0a 00"))).toBe("disable ");
  });

  it("does not say to stop with another command, nor with one that is false", () => {
    expect(read(new Bytes().hex("0a 00"))).toBe("");
    expect(read(new Bytes().hex("0a 02 08 00"))).toBe("");
    expect(read(new Bytes().hex("0a 02 10 01"))).toBe(""); // dev_mode = 2
    expect(read(new Bytes().hex("0a 02 18 01"))).toBe(""); // no such field
    expect(read(new Bytes().hex("0a 05 0d 01 00 00 00"))).toBe(""); // disable = 1 as a fixed32
    expect(read(new Bytes().hex("0a 07 10 01 0d 01 00 00 00"))).toBe(""); // dev_mode = 2 before it
    expect(read(new Bytes().hex("08 01"))).toBe(""); // commands = 1 as a varint
  });

  it("says the first of its errors", () => {
    expect(read(WHOLE)).toBe("disable rejected wrong");
  });

  it("says that there is an error even if it has no text", () => {
    expect(read(new Bytes().hex("22 00"))).toBe("rejected ");
    expect(read(new Bytes().hex("22 00 22 01 61"))).toBe("rejected a");
  });

  it("ignores warnings and infos, and errors that are not text", () => {
    expect(read(new Bytes().hex("2a 01 61 32 01 61"))).toBe("");
    expect(read(new Bytes().hex("20 01"))).toBe(""); // errors = 4 as a varint
  });

  it("returns its whole error, however long", () => {
    expect(read(new Bytes().hex("22 c8 01").repeat(0x61, 200))).toBe("rejected " + "a".repeat(200));
    expect(read(new Bytes().hex("22 a0 8d 06").repeat(0x61, 100000))).toBe("rejected " + "a".repeat(100000));
  });

  it("forgets the content of the previous answer", () => {
    expect(read(WHOLE)).toBe("disable rejected wrong");
    expect(read(new Bytes().hex("0a 00"))).toBe("");
  });
});

describe("an invalid answer", () => {
  it("says nothing at every truncation, except if it ends after a whole field", () => {
    let wrong = "";
    for (let size: u32 = 0; size < WHOLE.size; size++) {
      format.readAnswer(fence(WHOLE.at, size), size, answer);
      let expected = "";
      if (ENDS.includes(size) && size >= 30) expected = size > 30 ? "disable rejected wrong" : "disable ";
      if (said() !== expected) wrong += size.toString() + ": " + said() + ", ";
    }
    expect(wrong).toBe("");
  });

  it("says nothing if it is truncated after an error or a command to stop", () => {
    expect(read(new Bytes().hex("22 01 61 22 05 61"))).toBe("");
    expect(read(new Bytes().hex("0a 02 08 01 0a 05 08"))).toBe("");
    expect(read(new Bytes().hex("0a 02 08 01 0f"))).toBe("");
  });

  it("says nothing if it is a proxy's page, JSON or plain text", () => {
    expect(read(new Bytes().text("<!DOCTYPE html><html><body>502 Bad Gateway</body></html>"))).toBe("");
    expect(read(new Bytes().text('{"errors":["wrong"]}'))).toBe("");
    expect(read(new Bytes().text("upstream connect error or disconnect/reset before headers"))).toBe("");
    expect(read(new Bytes().text("ok"))).toBe("");
    expect(read(new Bytes().text("\n"))).toBe("");
    expect(read(new Bytes().text('"'))).toBe("");
  });

  it("says nothing if it is all zeros or all ones", () => {
    expect(read(new Bytes().repeat(0, 1000))).toBe("");
    expect(read(new Bytes().repeat(0xff, 1000))).toBe("");
  });

  it("never traps, whatever is changed in a valid one", () => {
    startChance(41);
    let changed = new Bytes().add(WHOLE.at, WHOLE.size);
    let nothing = 0;
    for (let i = 0; i < 20000; i++) {
      memory.copy(changed.at, WHOLE.at, WHOLE.size);
      for (let j: u32 = 0; j <= below(3); j++) store<u8>(changed.at + below(WHOLE.size), below(256));
      format.readAnswer(fence(changed.at, changed.size), changed.size, answer);
      if (said() === "") nothing++;
    }
    expect(nothing > 5000 && nothing < 20000).toBe(true, nothing.toString());
  });
});

describe("an answer in gRPC's frame", () => {
  it("says what its message says", () => {
    // Length-Prefixed-Message: no compression, 4 bytes of length, big-endian
    expect(readFramed(new Bytes().hex("00 00 00 00 04 22 02 6e 6f"))).toBe("rejected no");
    expect(readFramed(new Bytes().hex("00 00 00 00 00"))).toBe("");
    let long = new Bytes().hex("00 00 00 01 2c").hex("22 a9 02").repeat(0x61, 297);
    expect(readFramed(long)).toBe("rejected " + "a".repeat(297));
  });

  it("says nothing if it is compressed, cut off, or followed by more", () => {
    expect(readFramed(new Bytes().hex("01 00 00 00 04 22 02 6e 6f"))).toBe("");
    expect(readFramed(new Bytes().hex("00 00 00 00 04 22 02 6e"))).toBe("");
    expect(readFramed(new Bytes().hex("00 00 00 00 04 22 02 6e 6f 00"))).toBe("");
    expect(readFramed(new Bytes().hex("00 04 00 00 00 22 02 6e 6f"))).toBe("");
    expect(readFramed(new Bytes().hex("22 02 6e 6f"))).toBe("");
    expect(readFramed(new Bytes().hex("00 00 00 00"))).toBe("");
    expect(readFramed(new Bytes())).toBe("");
  });
});

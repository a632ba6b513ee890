import { parseHttpDate } from "../../../../assembly/report/httpdate";
import { text } from "../../../../assembly/bytes/slice";
import { Bytes, fence } from "../bytes";
import { over } from "../../../../assembly/bytes/slice";
import { below, startChance } from "../chance";

/** `date` in seconds since 1970. */
function seconds(date: string): u64 {
  let bytes = text(date);
  return parseHttpDate(over(fence(bytes.at, bytes.size), bytes.size));
}

describe("a date", () => {
  it("is read as in the example of RFC 9110", () => {
    expect(seconds("Sun, 06 Nov 1994 08:49:37 GMT")).toBe(784111777);
  });

  it("is read at the ends of days, months, years and centuries", () => {
    expect(seconds("Thu, 01 Jan 1970 00:00:00 GMT")).toBe(0);
    expect(seconds("Thu, 01 Jan 1970 00:00:01 GMT")).toBe(1);
    expect(seconds("Thu, 31 Dec 1970 23:59:59 GMT")).toBe(31535999);
    expect(seconds("Fri, 01 Jan 1971 00:00:00 GMT")).toBe(31536000);
    expect(seconds("Fri, 31 Dec 1999 23:59:59 GMT")).toBe(946684799);
    expect(seconds("Sat, 01 Jan 2000 00:00:00 GMT")).toBe(946684800);
    expect(seconds("Tue, 14 Nov 2023 22:13:20 GMT")).toBe(1700000000);
    expect(seconds("Tue, 19 Jan 2038 03:14:08 GMT")).toBe(2147483648);
    expect(seconds("Fri, 31 Dec 9999 23:59:59 GMT")).toBe(253402300799);
  });

  it("is read in leap years and in other years", () => {
    expect(seconds("Thu, 29 Feb 2024 00:00:00 GMT")).toBe(1709164800);
    expect(seconds("Fri, 01 Mar 2024 00:00:00 GMT")).toBe(1709251200);
    expect(seconds("Wed, 01 Mar 2023 00:00:00 GMT") - seconds("Tue, 28 Feb 2023 00:00:00 GMT")).toBe(86400);
    expect(seconds("Tue, 29 Feb 2000 00:00:00 GMT")).toBe(951782400);
    expect(seconds("Wed, 01 Mar 2000 00:00:00 GMT") - seconds("Mon, 28 Feb 2000 00:00:00 GMT")).toBe(172800);
    expect(seconds("Mon, 01 Mar 2100 00:00:00 GMT") - seconds("Sun, 28 Feb 2100 00:00:00 GMT")).toBe(86400);
  });

  it("advances by a day each day, for 400 years", () => {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let expected: u64 = 0;
    let wrong = "";
    for (let year = 1970; year < 2370; year++) {
      let isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
      for (let m = 0; m < 12; m++) {
        // The first and the last day of each month stand for those between.
        let days = lengths[m] + (isLeap && m === 1 ? 1 : 0);
        let rest = " " + months[m] + " " + year.toString() + " 12:34:56 GMT";
        if (seconds("Xxx, 01" + rest) !== expected + 45296) wrong += "01" + rest + ", ";
        if (seconds("Xxx, " + days.toString() + rest) !== expected + 45296 + <u64>(days - 1) * 86400)
          wrong += days.toString() + rest + ", ";
        expected += <u64>days * 86400;
      }
    }
    expect(wrong).toBe("");
  });
});

describe("an invalid date", () => {
  it("is 0", () => {
    let wrong = [
      "",
      "soon",
      "Sun, 06 Nov 1994 08:49:37 GM",
      "Sun, 06 Nov 1994 08:49:37 GMT ",
      "Sunday, 06-Nov-94 08:49:37 GMT", // obsolete form: a recipient may refuse what no sender may send
      "Sun Nov  6 08:49:37 1994",
      "Sun, 06 nov 1994 08:49:37 GMT",
      "Sun, 06 Xyz 1994 08:49:37 GMT",
      "Sun, 06 anF 1994 08:49:37 GMT",
      "Sun, 06 Nov 1969 08:49:37 GMT",
      "Sun, 06 Nov 19x4 08:49:37 GMT",
      "Sun, 06 Nov -994 08:49:37 GMT",
      "\0".repeat(29),
      "9".repeat(29),
    ];
    for (let i = 0; i < wrong.length; i++) expect(seconds(wrong[i])).toBe(0, wrong[i]);
  });

  it("never traps, and is never beyond the year 10000", () => {
    startChance(71);
    let wrong = "";
    for (let i = 0; i < 20000; i++) {
      let bytes = new Bytes().text("Sun, 06 Nov 1994 08:49:37 GMT");
      for (let j: u32 = 0; j <= below(4); j++) store<u8>(bytes.at + below(29), below(256));
      let value = parseHttpDate(over(fence(bytes.at, bytes.size), bytes.size));
      if (value > 253402300799 + 100 * 86400) wrong += value.toString() + " ";
      heap.free(bytes.at);
    }
    expect(wrong).toBe("");
  });
});

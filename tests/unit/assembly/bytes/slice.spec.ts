import {
  contains,
  over,
  sameBytes,
  Slice,
  startsWith,
  startsWithAny,
  text,
  toText,
} from "../../../../assembly/bytes/slice";
import { hexOf } from ".";

const slice = new Slice();

describe("a slice", () => {
  it("is empty when it is new", () => {
    expect(new Slice().size).toBe(0);
  });

  it("can point at bytes owned elsewhere", () => {
    slice.set(64, 3);
    expect(slice.at).toBe(64);
    expect(slice.size).toBe(3);
  });

  it("is empty again after it is cleared", () => {
    slice.set(64, 3);
    slice.clear();
    expect(slice.size).toBe(0);
  });
});

describe("over", () => {
  it("is a slice over bytes in place", () => {
    let bytes = text("abc");
    let part = over(bytes.at + 1, 2);
    expect(toText(part)).toBe("bc");
    store<u8>(bytes.at + 1, 0x78);
    expect(toText(part)).toBe("xc");
  });
});

describe("text", () => {
  it("is UTF-8, with one to four bytes a character", () => {
    let bytes = text("aé€😀");
    expect(hexOf(bytes.at, bytes.size)).toBe("61 c3 a9 e2 82 ac f0 9f 98 80");
  });

  it("keeps a NUL, which joins the parts of a property's path", () => {
    let bytes = text("a\0b");
    expect(hexOf(bytes.at, bytes.size)).toBe("61 00 62");
  });

  it("is empty for an empty string", () => {
    expect(text("").size).toBe(0);
  });

  it("is reversed by toText", () => {
    expect(toText(text("reviews.default 😀\0"))).toBe("reviews.default 😀\0");
    expect(toText(text(""))).toBe("");
  });
});

function same(a: string, b: string): bool {
  let left = text(a);
  let right = text(b);
  return sameBytes(left.at, left.size, right.at, right.size);
}

describe("sameBytes", () => {
  it("holds for equal bytes at different places", () => {
    expect(same("x-b3-traceid", "x-b3-traceid")).toBe(true);
  });

  it("does not hold for different bytes, nor for longer ones", () => {
    expect(same("x-b3-traceid", "x-b3-tracein")).toBe(false);
    expect(same("X-b3-traceid", "x-b3-traceid")).toBe(false);
    expect(same("x-b3", "x-b3-")).toBe(false);
    expect(same("x-b3-", "x-b3")).toBe(false);
  });

  it("holds for two empty ones, wherever they are", () => {
    expect(sameBytes(0, 0, 64, 0)).toBe(true);
    expect(same("", "a")).toBe(false);
  });
});

describe("startsWith", () => {
  it("holds for the beginning and for the whole", () => {
    expect(startsWith(text("inbound|9080||"), text("inbound|"))).toBe(true);
    expect(startsWith(text("inbound|"), text("inbound|"))).toBe(true);
  });

  it("does not hold for a prefix that is longer or is elsewhere", () => {
    expect(startsWith(text("inbound"), text("inbound|"))).toBe(false);
    expect(startsWith(text("an inbound|"), text("inbound|"))).toBe(false);
  });

  it("holds for an empty prefix", () => {
    expect(startsWith(text("a"), text(""))).toBe(true);
    expect(startsWith(text(""), text(""))).toBe(true);
  });
});

const WORDS = text("missing_ upgrade_failed low");

describe("startsWithAny", () => {
  it("holds if the slice begins with one of the words", () => {
    expect(startsWithAny(text("missing_host_header"), WORDS)).toBe(true);
    expect(startsWithAny(text("upgrade_failed"), WORDS)).toBe(true);
    expect(startsWithAny(text("low_version"), WORDS)).toBe(true);
  });

  it("does not hold if a word is inside, or only its beginning is there", () => {
    expect(startsWithAny(text("via_upstream"), WORDS)).toBe(false);
    expect(startsWithAny(text("a low"), WORDS)).toBe(false);
    expect(startsWithAny(text("upgrade"), WORDS)).toBe(false);
    expect(startsWithAny(text("lo"), WORDS)).toBe(false);
    expect(startsWithAny(text(""), WORDS)).toBe(false);
  });

  it("never holds if there are no words", () => {
    expect(startsWithAny(text("low"), text(""))).toBe(false);
    expect(startsWithAny(text(""), text(""))).toBe(false);
  });
});

describe("contains", () => {
  it("holds for a part at the beginning, in the middle, at the end, and for the whole", () => {
    let whole = text("a token is not known");
    let parts = ["a", "a token", "token", "not known", "n", "a token is not known"];
    for (let i = 0; i < parts.length; i++) expect(contains(whole, text(parts[i]))).toBe(true, parts[i]);
  });

  it("does not hold for a part that is absent, incomplete, or longer", () => {
    let whole = text("a token");
    let parts = ["b", "tokens", "Token", "a token is", "nn", "aa"];
    for (let i = 0; i < parts.length; i++) expect(contains(whole, text(parts[i]))).toBe(false, parts[i]);
    expect(contains(text(""), text("a"))).toBe(false);
  });

  it("finds a part that begins again within itself", () => {
    expect(contains(text("aaaab"), text("aab"))).toBe(true);
    expect(contains(text("abababc"), text("ababc"))).toBe(true);
  });
});

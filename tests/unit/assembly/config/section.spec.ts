import { Refusal } from "../../../../assembly/config/section";
import { absent, refusal, section } from "./sections";

describe("a refusal", () => {
  it("keeps only the first mistake", () => {
    let refusal = new Refusal();
    expect(refusal.reason).toBe("");
    refusal.refuse("a.b", "found 1", "a string");
    refusal.refuse("c", "found 2", "a number");
    expect(refusal.reason).toBe("a.b: found 1; allowed: a string");
  });
});

describe("a section", () => {
  it("must be an object", () => {
    section("[]");
    expect(refusal.reason).toBe("s: found an array; allowed: an object");
    section('"x"');
    expect(refusal.reason).toBe("s: found a string; allowed: an object");
    section("null");
    expect(refusal.reason).toBe("s: found null; allowed: an object");
    section("true");
    expect(refusal.reason).toBe("s: found a boolean; allowed: an object");
    section("17");
    expect(refusal.reason).toBe("s: found a number; allowed: an object");
  });

  it("has every default if it is absent", () => {
    let s = absent();
    expect(s.string("a")).toBe("");
    expect(s.oneOf("b", "auto, client")).toBe(0);
    expect(s.integer("c", 7, 1, 10)).toBe(7);
    expect(s.entries("d").keys.length).toBe(0);
    expect(s.secret("e")).toBe("");
    expect(s.section("f").string("g")).toBe("");
    s.finish();
    expect(refusal.reason).toBe("");
  });

  it("names nested sections by their path", () => {
    section('{"a":{"b":1}}').section("a").string("b");
    expect(refusal.reason).toBe("s.a.b: found 1; allowed: a string that is not empty");
  });
});

describe("a string", () => {
  it("is taken as it is", () => {
    expect(section('{"a":"x y\\u00e9"}').string("a")).toBe("x yé");
    expect(refusal.reason).toBe("");
  });

  it("may not be empty", () => {
    section('{"a":""}').string("a");
    expect(refusal.reason).toBe('s.a: found ""; allowed: a string that is not empty');
  });

  it("may not be null", () => {
    section('{"a":null}').string("a");
    expect(refusal.reason).toBe("s.a: found null; allowed: a string that is not empty");
  });

  it("must be present if it is required", () => {
    expect(section('{"a":"x"}').required("a")).toBe("x");
    expect(refusal.reason).toBe("");
    absent().required("a");
    expect(refusal.reason).toBe("s.a: is missing; allowed: a string that is not empty");
  });

  it("is refused for its type before it is refused as missing", () => {
    section('{"a":5}').required("a");
    expect(refusal.reason).toBe("s.a: found 5; allowed: a string that is not empty");
  });
});

describe("the value found", () => {
  it("is shown as in the text, on one line", () => {
    section('{"a":1.50e3}').string("a");
    expect(refusal.reason).toBe("s.a: found 1.50e3; allowed: a string that is not empty");
    section('{"a":"x\\ny"}').oneOf("a", "z");
    expect(refusal.reason).toBe('s.a: found "x\\ny"; allowed: z');
  });

  it("is cut after 60 characters", () => {
    section('{"a":"' + "x".repeat(58) + '"}').oneOf("a", "z");
    expect(refusal.reason).toBe('s.a: found "' + "x".repeat(58) + '"; allowed: z');
    section('{"a":"' + "x".repeat(59) + '"}').oneOf("a", "z");
    expect(refusal.reason).toBe('s.a: found "' + "x".repeat(59) + "…; allowed: z");
    section('{"a":"' + "x".repeat(100000) + '"}').oneOf("a", "z");
    expect(refusal.reason).toBe('s.a: found "' + "x".repeat(59) + "…; allowed: z");
  });

  it("is only named if it is an array or an object", () => {
    section('{"a":[1,2]}').string("a");
    expect(refusal.reason).toBe("s.a: found an array; allowed: a string that is not empty");
    section('{"a":{"b":1}}').string("a");
    expect(refusal.reason).toBe("s.a: found an object; allowed: a string that is not empty");
  });
});

describe("a header's value", () => {
  it("may contain tabs, spaces and characters beyond ASCII", () => {
    expect(section('{"a":"x\\t yé"}').headerValue("a")).toBe("x\t yé");
    expect(refusal.reason).toBe("");
  });

  it("may not contain control characters", () => {
    for (let unit = 0; unit < 33; unit++) {
      let code = unit === 32 ? 0x7f : unit;
      section('{"a":"x\\u00' + (code + 0x100).toString(16).substring(1) + '"}').headerValue("a");
      let refused = "s.a: holds control characters or half a surrogate pair; allowed: a string without them";
      expect(refusal.reason).toBe(code === 9 ? "" : refused, code.toString());
    }
  });
});

describe("half a surrogate pair, which has no UTF-8 form,", () => {
  it("is refused in a header's value, at every position", () => {
    let halves = [
      "\\ud83d",
      "\\ude00",
      "a\\ud83d",
      "\\ud83da",
      "\\ude00\\ud83d",
      "\\ud83d\\ud83d\\ude00",
      "\\ud83d\\ude00\\ude00",
    ];
    for (let i = 0; i < halves.length; i++) {
      section('{"a":"' + halves[i] + '"}').headerValue("a");
      let refused = "s.a: holds control characters or half a surrogate pair; allowed: a string without them";
      expect(refusal.reason).toBe(refused, halves[i]);
    }
  });

  it("is accepted if the other half follows", () => {
    expect(section('{"a":"\\ud83d\\ude00\\ud83d\\ude00"}').headerValue("a")).toBe("😀😀");
    expect(section('{"a":"x😀y"}').headerValue("a")).toBe("x😀y");
    expect(section('{"a":"\\ud7ff\\ue000"}').headerValue("a")).toBe("\ud7ff\ue000");
    expect(refusal.reason).toBe("");
  });
});

describe("a path of a URL", () => {
  it("begins with a slash", () => {
    expect(section('{"a":"/api/v2/reports?a=b"}').urlPath("a")).toBe("/api/v2/reports?a=b");
    expect(section('{"a":"/"}').urlPath("a")).toBe("/");
    expect(refusal.reason).toBe("");
    section('{"a":"api"}').urlPath("a");
    expect(refusal.reason).toBe('s.a: found "api"; allowed: a path that begins with / and has no spaces');
  });

  it("has no spaces", () => {
    section('{"a":"/a b"}').urlPath("a");
    expect(refusal.reason).toBe('s.a: found "/a b"; allowed: a path that begins with / and has no spaces');
    section('{"a":"/a\\tb"}').urlPath("a");
    expect(refusal.reason.endsWith("; allowed: a path that begins with / and has no spaces")).toBe(true);
  });

  it("may be absent, but not empty", () => {
    expect(absent().urlPath("a")).toBe("");
    expect(refusal.reason).toBe("");
    section('{"a":""}').urlPath("a");
    expect(refusal.reason).toBe('s.a: found ""; allowed: a string that is not empty');
  });
});

describe("a secret", () => {
  it("is taken as it is", () => {
    expect(section('{"a":"hush hush"}').secret("a")).toBe("hush hush");
    expect(refusal.reason).toBe("");
  });

  it("is refused by its type, never by its value", () => {
    section('{"a":1234567}').secret("a");
    expect(refusal.reason).toBe("s.a: found a number; allowed: a string that is not empty");
    section('{"a":""}').secret("a");
    expect(refusal.reason).toBe("s.a: found an empty string; allowed: a string that is not empty");
    section('{"a":null}').secret("a");
    expect(refusal.reason).toBe("s.a: found null; allowed: a string that is not empty");
    section('{"a":["hush"]}').secret("a");
    expect(refusal.reason).toBe("s.a: found an array; allowed: a string that is not empty");
    section('{"a":"hush\\n"}').secret("a");
    expect(refusal.reason).toBe(
      "s.a: holds control characters or half a surrogate pair; allowed: a string without them",
    );
  });
});

describe("an enumeration", () => {
  it("is the first if it is absent", () => {
    expect(section("{}").oneOf("a", "auto, client")).toBe(0);
    expect(refusal.reason).toBe("");
  });

  it("must match exactly", () => {
    expect(section('{"a":"client"}').oneOf("a", "auto, client")).toBe(1);
    expect(refusal.reason).toBe("");
    section('{"a":"Client"}').oneOf("a", "auto, client");
    expect(refusal.reason).toBe('s.a: found "Client"; allowed: auto, client');
    section('{"a":null}').oneOf("a", "auto, client");
    expect(refusal.reason).toBe("s.a: found null; allowed: auto, client");
  });

  it("must be exactly one complete word", () => {
    let words = ["aut", "uto", "lient", "client, server", "auto,", ",", " auto", "auto client", ""];
    for (let i = 0; i < words.length; i++) {
      expect(section('{"a":"' + words[i] + '"}').oneOf("a", "auto, client, server")).toBe(0);
      expect(refusal.reason).toBe('s.a: found "' + words[i] + '"; allowed: auto, client, server');
    }
    expect(section('{"a":"server"}').oneOf("a", "auto, client, server")).toBe(2);
    expect(refusal.reason).toBe("");
  });

  it("is distinguished from a word that begins like it", () => {
    expect(section('{"a":"b3"}').oneOf("a", "b3multi, b3, b3single")).toBe(1);
    expect(section('{"a":"b3single"}').oneOf("a", "b3multi, b3, b3single")).toBe(2);
    expect(refusal.reason).toBe("");
  });
});

describe("an integer", () => {
  it("is accepted up to its bounds, and no further", () => {
    expect(section('{"a":1}').integer("a", 7, 1, 10)).toBe(1);
    expect(section('{"a":10}').integer("a", 7, 1, 10)).toBe(10);
    expect(refusal.reason).toBe("");
    section('{"a":0}').integer("a", 7, 1, 10);
    expect(refusal.reason).toBe("s.a: found 0; allowed: an integer from 1 to 10");
    section('{"a":11}').integer("a", 7, 1, 10);
    expect(refusal.reason).toBe("s.a: found 11; allowed: an integer from 1 to 10");
  });

  it("is accepted however it is written", () => {
    expect(section('{"a":1e1}').integer("a", 7, 1, 10)).toBe(10);
    expect(section('{"a":5.000}').integer("a", 7, 1, 10)).toBe(5);
    expect(refusal.reason).toBe("");
  });

  it("may be the largest of 32 bits, and never wraps around", () => {
    expect(section('{"a":4294967295}').integer("a", 7, 0, u32.MAX_VALUE)).toBe(u32.MAX_VALUE);
    expect(refusal.reason).toBe("");
    section('{"a":4294967297}').integer("a", 7, 0, u32.MAX_VALUE);
    expect(refusal.reason).toBe("s.a: found 4294967297; allowed: an integer from 0 to 4294967295");
  });

  it("may not be a fraction, a negative number, a string or a boolean", () => {
    let values = ["1.5", "0.9999", "-1", "-0.5", '"5"', "true", "null", "[5]", "1e99", "0.00001"];
    for (let i = 0; i < values.length; i++) {
      expect(section('{"a":' + values[i] + "}").integer("a", 7, 0, 10)).toBe(7);
      let found = values[i] === "[5]" ? "an array" : values[i];
      expect(refusal.reason).toBe("s.a: found " + found + "; allowed: an integer from 0 to 10");
    }
  });
});

describe("one of two numbers", () => {
  it("is the first if it is absent", () => {
    expect(absent().oneNumberOf("a", 128, 64)).toBe(128);
    expect(refusal.reason).toBe("");
  });

  it("may be either, however it is written", () => {
    expect(section('{"a":64}').oneNumberOf("a", 128, 64)).toBe(64);
    expect(section('{"a":1.28e2}').oneNumberOf("a", 128, 64)).toBe(128);
    expect(refusal.reason).toBe("");
  });
});

describe("a number in ten-thousandths", () => {
  it("is accepted up to its bound, and no further", () => {
    expect(section('{"a":0.0001}').decimal("a", 7, 10000)).toBe(1);
    expect(section('{"a":1}').decimal("a", 7, 10000)).toBe(10000);
    expect(section('{"a":0}').decimal("a", 7, 10000)).toBe(0);
    expect(absent().decimal("a", 7, 10000)).toBe(7);
    expect(refusal.reason).toBe("");
    expect(section('{"a":1.0001}').decimal("a", 7, 10000)).toBe(7);
    expect(refusal.reason).toBe("s.a: found 1.0001; allowed: a number from 0 to 1 in steps of 0.0001");
  });
});

describe("a boolean", () => {
  it("may be true or false, and has its default if it is absent", () => {
    expect(section('{"a":true}').boolean("a", false)).toBe(true);
    expect(section('{"a":false}').boolean("a", true)).toBe(false);
    expect(absent().boolean("a", true)).toBe(true);
    expect(absent().boolean("a", false)).toBe(false);
    expect(refusal.reason).toBe("");
  });
});

describe("a key next to another for the same setting", () => {
  it("is refused if both are given, but not if only one is", () => {
    let s = section('{"a":"x","b":"y"}');
    s.exclude("a", "b");
    expect(refusal.reason).toBe("s.a: is given besides b; allowed: one of the two");
    section('{"b":"y"}').exclude("a", "b");
    expect(refusal.reason).toBe("");
    absent().exclude("a", "b");
    expect(refusal.reason).toBe("");
  });
});

describe("an array of sections", () => {
  it("has one for each object, with its index in its path", () => {
    let sections = section('{"a":[{"x":1},{"x":"y"}]}').sections("a", 2);
    expect(sections.length).toBe(2);
    expect(sections[0].decimal("x", 0, 20000)).toBe(10000);
    expect(refusal.reason).toBe("");
    sections[1].decimal("x", 0, 20000);
    expect(refusal.reason.startsWith('s.a[1].x: found "y"')).toBe(true, refusal.reason);
  });

  it("is empty if it is absent or empty", () => {
    expect(absent().sections("a", 2).length).toBe(0);
    expect(section('{"a":[]}').sections("a", 2).length).toBe(0);
    expect(refusal.reason).toBe("");
  });

  it("may not be longer than its bound, or anything but an array of objects", () => {
    section('{"a":[{},{},{}]}').sections("a", 2);
    expect(refusal.reason).toBe("s.a: found 3; allowed: an array of up to 2 objects");
    section('{"a":{}}').sections("a", 2);
    expect(refusal.reason).toBe("s.a: found an object; allowed: an array of up to 2 objects");
    section('{"a":[{},[]]}').sections("a", 2);
    expect(refusal.reason).toBe("s.a[1]: found an array; allowed: an object");
  });
});

describe("a required number in ten-thousandths", () => {
  it("must be present", () => {
    expect(section('{"a":0.5}').requiredDecimal("a", 10000)).toBe(5000);
    expect(refusal.reason).toBe("");
    section("{}").requiredDecimal("a", 10000);
    expect(refusal.reason).toBe("s.a: is missing; allowed: a number from 0 to 1 in steps of 0.0001");
  });

  it("is not also refused as missing if its section is no object", () => {
    section("[]").requiredDecimal("a", 10000);
    expect(refusal.reason).toBe("s: found an array; allowed: an object");
  });
});

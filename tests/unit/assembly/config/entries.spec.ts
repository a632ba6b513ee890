import { refusal, section } from "./sections";

describe("entries", () => {
  it("keep their order", () => {
    let entries = section('{"a":{"y":"2","x":"1","":""}}').entries("a");
    expect(entries.keys.join(",")).toBe("y,x,");
    expect(entries.values.join(",")).toBe("2,1,");
    expect(refusal.reason).toBe("");
  });

  it("may be empty", () => {
    expect(section('{"a":{}}').entries("a").keys.length).toBe(0);
    expect(refusal.reason).toBe("");
  });

  it("must be an object", () => {
    section('{"a":["x"]}').entries("a");
    expect(refusal.reason).toBe("s.a: found an array; allowed: an object of strings");
    section('{"a":null}').entries("a");
    expect(refusal.reason).toBe("s.a: found null; allowed: an object of strings");
  });

  it("must be strings, and refusals show their path without their value", () => {
    section('{"a":{"x":"1","y":1234567}}').entries("a");
    expect(refusal.reason).toBe("s.a.y: found a number; allowed: a string");
    section('{"a":{"x":["hush"]}}').entries("a");
    expect(refusal.reason).toBe("s.a.x: found an array; allowed: a string");
    section('{"a":{"x":null}}').entries("a");
    expect(refusal.reason).toBe("s.a.x: found null; allowed: a string");
  });
});

describe("headers", () => {
  it("may have any lower-case token as a name", () => {
    let headers = section('{"h":{"x-token":"1","!#$%&\'*+-.^_`|~09az":"2"}}').headers("h");
    expect(refusal.reason).toBe("");
    expect(headers.keys[0]).toBe("x-token");
    expect(headers.keys[1]).toBe("!#$%&'*+-.^_`|~09az");
  });

  it("may have a value that is empty or beyond ASCII", () => {
    let headers = section('{"h":{"a":"","b":"\\t é"}}').headers("h");
    expect(refusal.reason).toBe("");
    expect(headers.values[0]).toBe("");
    expect(headers.values[1]).toBe("\t é");
  });

  it("may not have a name that HTTP/2 would refuse", () => {
    let names = [
      "X-Token",
      ":path",
      "",
      "a b",
      "a\\tb",
      "a\\nb",
      "é",
      "a/b",
      "a(b)",
      "a,b",
      "a;b",
      "a=b",
      "a@b",
      "a\\u007f",
    ];
    for (let i = 0; i < names.length; i++) {
      section('{"h":{"' + names[i] + '":"1"}}').headers("h");
      let allowed = "is no header name; allowed: a-z, 0-9 and !#$%&'*+-.^_`|~";
      expect(refusal.reason.endsWith(allowed)).toBe(true, names[i]);
    }
  });

  it("may not have a value with control characters, which is not shown", () => {
    section('{"h":{"authorization":"hush\\r\\nx: y"}}').headers("h");
    let refused =
      "s.h.authorization: holds control characters or half a surrogate pair; allowed: a string without them";
    expect(refusal.reason).toBe(refused);
    section('{"h":{"authorization":"hush\\u007f"}}').headers("h");
    expect(refusal.reason).toBe(refused);
  });
});

describe("finishing a section", () => {
  it("accepts the keys that were read", () => {
    let s = section('{"a":"x","b":1}');
    s.string("a");
    s.integer("b", 1, 0, 10);
    s.finish();
    expect(refusal.reason).toBe("");
  });

  it("refuses a key that was not read, listing all known ones", () => {
    let s = section('{"a":"x","c":1}');
    s.string("a");
    s.integer("b", 1, 0, 10);
    s.finish();
    expect(refusal.reason).toBe("s.c: is unknown; allowed: a, b");
  });

  it("never shows the value of an unknown key, which may be a misspelt secret", () => {
    let s = section('{"acces_token":"hush"}');
    s.secret("access_token");
    s.finish();
    expect(refusal.reason).toBe("s.acces_token: is unknown; allowed: access_token");
  });

  it("distinguishes keys by case", () => {
    let s = section('{"A":"x"}');
    s.string("a");
    s.finish();
    expect(refusal.reason).toBe("s.A: is unknown; allowed: a");
  });
});

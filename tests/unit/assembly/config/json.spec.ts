import { ARRAY, BOOLEAN, Json, JsonReader, NULL, NUMBER, OBJECT, STRING } from "../../../../assembly/config/json";
import { text } from "../../../../assembly/bytes/slice";
import { Bytes, fence, hexOf } from "../bytes";

const reader = new JsonReader();

function parse(json: string): Json {
  let bytes = text(json);
  return reader.parse(fence(bytes.at, bytes.size), bytes.size);
}

/** The value of a string as UTF-8 in hexadecimal, or the error if there is one. */
function textOf(json: string): string {
  let value = parse(json);
  let bytes = text(value.text);
  return reader.error.length > 0 ? reader.error : hexOf(bytes.at, bytes.size);
}

/** `[[…0…]]` with `depth` pairs of brackets. */
function nested(depth: i32): string {
  return "[".repeat(depth) + "0" + "]".repeat(depth);
}

describe("a JSON value", () => {
  it("may be true, false or null", () => {
    expect(parse("true").type).toBe(BOOLEAN);
    expect(parse("true").flag).toBe(true);
    expect(parse("false").type).toBe(BOOLEAN);
    expect(parse("false").flag).toBe(false);
    expect(parse("null").type).toBe(NULL);
    expect(reader.error).toBe("");
  });

  it("may be a number, a string, an array or an object", () => {
    expect(parse("7").type).toBe(NUMBER);
    expect(parse('"7"').type).toBe(STRING);
    expect(parse("[7]").type).toBe(ARRAY);
    expect(parse('{"7":7}').type).toBe(OBJECT);
    expect(reader.error).toBe("");
  });

  it("may have any of the four kinds of white space around every part", () => {
    let value = parse(' \t\r\n{ \t\r\n"a" \t\r\n: \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n} \t\r\n');
    expect(reader.error).toBe("");
    expect(value.keys[0]).toBe("a");
    expect(value.items[0].items.length).toBe(2);
    expect(value.items[0].items[1].number).toBe(20000);
  });

  it("may have no white space", () => {
    let value = parse('{"a":[true,null,{"b":{}}],"c":""}');
    expect(reader.error).toBe("");
    expect(value.keys.length).toBe(2);
    expect(value.items[0].items.length).toBe(3);
    expect(value.items[0].items[2].items[0].type).toBe(OBJECT);
    expect(value.items[1].type).toBe(STRING);
  });

  it("shows itself as in the text", () => {
    expect(parse(" 1E+2 ").raw).toBe("1E+2");
    expect(parse(' "a\\n" ').raw).toBe('"a\\n"');
    expect(parse("true").raw).toBe("true");
    expect(parse("null").raw).toBe("null");
    expect(parse('{"a":1}').raw).toBe("");
    expect(parse("[1]").raw).toBe("");
  });
});

describe("a JSON array", () => {
  it("may be empty", () => {
    expect(parse("[]").items.length).toBe(0);
    expect(parse("[ ]").items.length).toBe(0);
    expect(reader.error).toBe("");
  });

  it("keeps the order of its items", () => {
    let value = parse('["b3", "b3multi", "tracecontext"]');
    expect(value.items.length).toBe(3);
    expect(value.items[0].text).toBe("b3");
    expect(value.items[1].text).toBe("b3multi");
    expect(value.items[2].text).toBe("tracecontext");
  });
});

describe("a JSON object", () => {
  it("may be empty", () => {
    expect(parse("{}").keys.length).toBe(0);
    expect(parse("{ }").keys.length).toBe(0);
    expect(reader.error).toBe("");
  });

  it("keeps its keys and items in order", () => {
    let value = parse('{"b":1,"a":2,"":3}');
    expect(value.keys.join(",")).toBe("b,a,");
    expect(value.items[0].number).toBe(10000);
    expect(value.items[1].number).toBe(20000);
    expect(value.items[2].number).toBe(30000);
  });

  it("may have the same key as another object", () => {
    parse('{"a":{"a":1},"b":{"a":1}}');
    expect(reader.error).toBe("");
  });

  it("may have keys with escapes", () => {
    expect(parse('{"a\\u0062c\\"":1}').keys[0]).toBe('abc"');
  });
});

describe("a JSON string", () => {
  it("may be empty", () => {
    expect(textOf('""')).toBe("");
  });

  it("keeps UTF-8 of one to four bytes", () => {
    expect(textOf('"aé€😀"')).toBe("61 c3 a9 e2 82 ac f0 9f 98 80");
  });

  it("keeps DEL, which is not a control character in JSON", () => {
    expect(textOf('"\x7f"')).toBe("7f");
  });

  it("reads each short escape", () => {
    expect(textOf('"\\"\\\\\\/\\b\\f\\n\\r\\t"')).toBe("22 5c 2f 08 0c 0a 0d 09");
  });

  it("reads four-digit escapes in either case", () => {
    expect(textOf('"\\u0041\\u00e9\\u20AC\\u20ac"')).toBe("41 c3 a9 e2 82 ac e2 82 ac");
    expect(textOf('"\\u0000"')).toBe("00");
    expect(textOf('"\\uFFFF\\uffff"')).toBe("ef bf bf ef bf bf");
  });

  it("combines a surrogate pair", () => {
    expect(textOf('"\\ud83d\\ude00"')).toBe("f0 9f 98 80");
    expect(textOf('"\\uD800\\uDC00\\uDBFF\\uDFFF"')).toBe("f0 90 80 80 f4 8f bf bf");
  });

  it("keeps the text between escapes", () => {
    expect(textOf('"a\\tb\\u0063d\\\\e"')).toBe("61 09 62 63 64 5c 65");
  });

  it("may contain JSON's own characters", () => {
    expect(parse('"{[:,]} //"').text).toBe("{[:,]} //");
  });
});

describe("nesting in JSON", () => {
  it("goes 32 levels deep", () => {
    parse(nested(32));
    expect(reader.error).toBe("");
  });

  it("goes no deeper", () => {
    parse(nested(33));
    expect(reader.error).toBe("not JSON at byte 33: found 0, expected no more than 32 levels");
  });

  it("also counts objects", () => {
    let json = '{"a":[';
    parse(json.repeat(16) + "0" + "]}".repeat(16));
    expect(reader.error).toBe("");
    parse(json.repeat(16) + "[0]" + "]}".repeat(16));
    expect(reader.error.endsWith("expected no more than 32 levels")).toBe(true, reader.error);
  });

  it("does not add up across siblings", () => {
    parse("[" + (nested(31) + ",").repeat(100) + "0]");
    expect(reader.error).toBe("");
  });

  it("of a hundred thousand brackets is refused, not followed", () => {
    let brackets = new Bytes().repeat(0x5b, 100000);
    reader.parse(brackets.at, brackets.size);
    expect(reader.error).toBe("not JSON at byte 33: found [, expected no more than 32 levels");
  });
});

describe("a JSON reader", () => {
  it("forgets the error of the previous text", () => {
    parse("[");
    expect(reader.error.length > 0).toBe(true);
    expect(parse("1").number).toBe(10000);
    expect(reader.error).toBe("");
  });
});

import { reset } from "../../../../assembly/bytes/arena";
import { over, Slice, text, toText } from "../../../../assembly/bytes/slice";
import { makeValid } from "../../../../assembly/bytes/utf8";
import { spellMetadata } from "../../../../assembly/span/metadata";
import { Bytes, fence } from "../bytes";

/**
 * The value at `path` of the metadata in `bytes`, which end where memory ends. Each part of the path follows a space.
 */
function at(path: string, bytes: Bytes, max: u32 = 256): string {
  reset();
  let value = over(fence(bytes.at, bytes.size), bytes.size);
  spellMetadata(value, text(path.replaceAll(" ", "\0")), false, max);
  makeValid(value);
  return toText(value);
}

/** A length-delimited field. */
function field(number: u32, content: Bytes): Bytes {
  let bytes = new Bytes().byte(<u8>((number << 3) | 2));
  let size = content.size;
  for (; size > 127; size >>= 7) bytes.byte(<u8>((size & 127) | 128));
  return bytes.byte(<u8>size).add(content.at, content.size);
}

/** An entry of a map, as field 1. */
function entry(key: string, value: Bytes): Bytes {
  let bytes = field(1, new Bytes().text(key));
  let rest = field(2, value);
  return field(1, bytes.add(rest.at, rest.size));
}

/** Metadata { filter_metadata: { "ns": { "v": <value> } } }, of the bytes of a google.protobuf.Value. */
function holding(value: Bytes): Bytes {
  return entry("ns", entry("v", value));
}

function text3(value: string): Bytes {
  return field(3, new Bytes().text(value));
}

function number(value: f64): Bytes {
  let bits = reinterpret<u64>(value);
  return new Bytes()
    .byte(0x11)
    .u32(<u32>bits)
    .u32(<u32>(bits >> 32));
}

/** One list_value of these values. */
function list(values: Bytes[]): Bytes {
  let items = new Bytes();
  for (let i = 0; i < values.length; i++) {
    let item = field(1, values[i]);
    items.add(item.at, item.size);
  }
  return field(6, items);
}

// From Envoy 1.40, for {n: 42, f: 0.5, b: true, l: ["a", "b"], o: {k: "v"}, s: "text", z: null} in the namespace my.ns.
const ENVOY: Bytes = new Bytes()
  .hex("0a 6e") // filter_metadata, an entry of a map
  .hex("0a 05 6d 79 2e 6e 73") // key "my.ns"
  .hex("12 65") // value, a Struct
  .hex("0a 0e 0a 01 6e 12 09 11 00 00 00 00 00 00 45 40") // "n": number_value 42
  .hex("0a 0e 0a 01 66 12 09 11 00 00 00 00 00 00 e0 3f") // "f": number_value 0.5
  .hex("0a 07 0a 01 62 12 02 20 01") // "b": bool_value true
  .hex("0a 11 0a 01 6c 12 0c 32 0a 0a 03 1a 01 61 0a 03 1a 01 62") // "l": list_value of two string_values
  .hex("0a 11 0a 01 6f 12 0c 2a 0a 0a 08 0a 01 6b 12 03 1a 01 76") // "o": struct_value, "k": "v"
  .hex("0a 0b 0a 01 73 12 06 1a 04 74 65 78 74") // "s": string_value "text"
  .hex("0a 07 0a 01 7a 12 02 08 00"); // "z": null_value

describe("a value of metadata", () => {
  it("is written according to its type", () => {
    expect(at(" my.ns n", ENVOY)).toBe("42");
    expect(at(" my.ns f", ENVOY)).toBe("0.5");
    expect(at(" my.ns b", ENVOY)).toBe("true");
    expect(at(" my.ns l", ENVOY)).toBe('["a","b"]');
    expect(at(" my.ns o", ENVOY)).toBe('{"k":"v"}');
    expect(at(" my.ns s", ENVOY)).toBe("text");
  });

  it("is absent if it is null, or if nothing has that name", () => {
    expect(at(" my.ns z", ENVOY)).toBe("");
    expect(at(" my.ns none", ENVOY)).toBe("");
    expect(at(" my.ns nn", ENVOY)).toBe("");
    expect(at(" my n", ENVOY)).toBe("");
    expect(at(" my.ns ", ENVOY)).toBe("");
    expect(at(" my.ns n x", ENVOY)).toBe("");
    expect(at(" my.ns s 0", ENVOY)).toBe("");
    expect(at(" my.ns n", new Bytes())).toBe("");
  });

  it("is found in objects and lists", () => {
    expect(at(" my.ns o k", ENVOY)).toBe("v");
    expect(at(" my.ns l 0", ENVOY)).toBe("a");
    expect(at(" my.ns l 1", ENVOY)).toBe("b");
    expect(at(" my.ns l 2", ENVOY)).toBe("");
    expect(at(" my.ns l -1", ENVOY)).toBe("");
    expect(at(" my.ns l ", ENVOY)).toBe("");
    expect(at(" my.ns l x", ENVOY)).toBe("");
  });

  it("may be a whole namespace, or everything", () => {
    let all = '{"n":42,"f":0.5,"b":true,"l":["a","b"],"o":{"k":"v"},"s":"text","z":null}';
    expect(at(" my.ns", ENVOY)).toBe(all);
    expect(at("", ENVOY)).toBe('{"my.ns":' + all + "}");
    expect(at("", new Bytes())).toBe("{}");
  });

  it("is the last one of several with the same name", () => {
    let both = entry("v", text3("a"));
    let second = entry("v", text3("b"));
    expect(at(" ns v", entry("ns", both.add(second.at, second.size)))).toBe("b");
    expect(at(" ns v", holding(text3("a").add(number(1).at, 9)))).toBe("1");
  });
});

describe("a number of metadata", () => {
  it("has six digits by itself, and all necessary digits in JSON", () => {
    expect(at(" ns v", holding(number(1234567)))).toBe("1.23457e+06");
    expect(at(" ns v", holding(list([number(1234567), number(0.1)])))).toBe("[1234567,0.1]");
  });

  it("is a word if it is not finite", () => {
    expect(at(" ns v", holding(number(NaN)))).toBe("nan");
    expect(at(" ns v", holding(number(-Infinity)))).toBe("-inf");
    expect(at(" ns v", holding(list([number(NaN), number(-Infinity)])))).toBe('["nan","-inf"]');
  });
});

describe("metadata as JSON", () => {
  it("has escapes where JSON requires them", () => {
    expect(at(" ns v", holding(list([text3('a"b\\c\n\0\x1f/é')])))).toBe('["a\\"b\\\\c\\u000a\\u0000\\u001f/é"]');
    expect(at(" ns", entry("ns", entry('"', text3("'"))))).toBe('{"\\"":"\'"}');
  });

  it("is valid UTF-8, whatever the bytes", () => {
    let broken = field(3, new Bytes().hex("61 ff e2 82"));
    expect(at(" ns v", holding(list([broken])))).toBe('["a\ufffd\ufffd\ufffd"]');
  });

  it("has empty values", () => {
    expect(at(" ns v", holding(list([])))).toBe("[]");
    expect(at(" ns v", holding(field(5, new Bytes())))).toBe("{}");
    expect(at(" ns v", holding(list([list([]), field(5, new Bytes()), text3("")])))).toBe('[[],{},""]');
  });

  it("has null for a value without a kind", () => {
    expect(at(" ns v", holding(list([new Bytes(), new Bytes().hex("08 00")])))).toBe("[null,null]");
    expect(at(" ns", entry("ns", new Bytes().hex("0a 00")))).toBe('{"":null}');
  });

  it("ends soon after the requested size", () => {
    let many: Bytes[] = [];
    for (let i = 0; i < 1000; i++) many.push(number(0.1));
    let cut = at(" ns v", holding(list(many)), 10);
    expect(cut).toBe("[0.1,0.1,0.");
  });

  it("is null below 32 levels", () => {
    let value = text3("deep");
    for (let i = 0; i < 32; i++) value = list([value]);
    expect(at(" ns v", holding(value))).toBe("[".repeat(32) + '"deep"' + "]".repeat(32));
    expect(at(" ns v", holding(list([value])))).toBe("[".repeat(32) + "null" + "]".repeat(32));
  });
});

describe("metadata that is malformed", () => {
  it("has no value if a field has the wrong wire type", () => {
    expect(at(" ns v", holding(new Bytes().hex("1a 03 61 62")))).toBe(""); // a string of three bytes, with two present
    expect(at(" ns v", holding(new Bytes().hex("11 00 00")))).toBe(""); // a number of two bytes
    expect(at(" ns v", holding(new Bytes().hex("12 01 61")))).toBe(""); // a number that is length-delimited
    expect(at(" ns v", holding(new Bytes().hex("18 01")))).toBe(""); // a string that is a varint
    expect(at(" ns v", holding(new Bytes().hex("3a 01 61")))).toBe(""); // an unknown field
  });

  it("has no value beyond its end, wherever it is cut", () => {
    for (let size: u32 = 0; size < ENVOY.size; size++) {
      let cut = new Bytes().add(ENVOY.at, size);
      expect(at(" my.ns s", cut)).toBe("");
    }
  });
});

// Node { id: "x", cluster: "y", metadata: { NUM: 3 } }
const NODE: Bytes = new Bytes()
  .hex("0a 01 78 12 01 79") // id, cluster
  .hex("1a 12") // metadata
  .hex("0a 10 0a 03 4e 55 4d 12 09 11 00 00 00 00 00 00 08 40"); // "NUM": number_value 3

function ofNode(path: string, bytes: Bytes): string {
  reset();
  let value: Slice = over(fence(bytes.at, bytes.size), bytes.size);
  spellMetadata(value, text(path.replaceAll(" ", "\0")), true, 256);
  return toText(value);
}

describe("the metadata of a node", () => {
  it("is found and written in the same way", () => {
    expect(ofNode(" NUM", NODE)).toBe("3");
    expect(ofNode("", NODE)).toBe('{"NUM":3}');
    expect(ofNode(" NO", NODE)).toBe("");
    expect(ofNode(" NUM", new Bytes())).toBe("");
  });
});

import { allocate, reset } from "../../../../assembly/bytes/arena";
import { JsonReader } from "../../../../assembly/config/json";
import { text } from "../../../../assembly/bytes/slice";
import { Bytes, fence } from "../bytes";
import { below, startChance } from "../chance";

const reader = new JsonReader();

function error(json: string): string {
  let bytes = text(json);
  reader.parse(fence(bytes.at, bytes.size), bytes.size);
  return reader.error;
}

/** Contains every construct of JSON. It's an object, so none of its prefixes is valid. */
const SAMPLE =
  '{ "collector": {"cluster": "x\\u00e9\\n\\ud83d\\ude00é", "timeout_ms": 5000, "headers": {}},\r\n' +
  '"a": [true, false, null, [], {"b": -1.25e-3}, "", 0.0001, 1E+2],\t"c": {"d": {"e": [[1]]}} }';

describe("text that is not JSON", () => {
  it("is reported at the end if something is missing", () => {
    expect(error("")).toBe("not JSON at byte 0: found the end, expected a value");
    expect(error("  ")).toBe("not JSON at byte 2: found the end, expected a value");
    expect(error("{")).toBe("not JSON at byte 1: found the end, expected a quoted key");
    expect(error("[")).toBe("not JSON at byte 1: found the end, expected a value");
    expect(error("[1")).toBe("not JSON at byte 2: found the end, expected `,` or `]`");
    expect(error("[1,")).toBe("not JSON at byte 3: found the end, expected a value");
    expect(error('{"a"')).toBe("not JSON at byte 4: found the end, expected `:`");
    expect(error('{"a":')).toBe("not JSON at byte 5: found the end, expected a value");
    expect(error('{"a":1')).toBe("not JSON at byte 6: found the end, expected `,` or `}`");
    expect(error('{"a":1,')).toBe("not JSON at byte 7: found the end, expected a quoted key");
  });

  it("is reported at an extra comma", () => {
    expect(error("[1,]")).toBe("not JSON at byte 3: found ], expected a value");
    expect(error("[,1]")).toBe("not JSON at byte 1: found ,, expected a value");
    expect(error("[1,,2]")).toBe("not JSON at byte 3: found ,, expected a value");
    expect(error('{"a":1,}')).toBe("not JSON at byte 7: found }, expected a quoted key");
    expect(error("{,}")).toBe("not JSON at byte 1: found ,, expected a quoted key");
  });

  it("is reported at a missing comma or colon", () => {
    expect(error("[1 2]")).toBe("not JSON at byte 3: found 2, expected `,` or `]`");
    expect(error('{"a":1 "b":2}')).toBe('not JSON at byte 7: found ", expected `,` or `}`');
    expect(error('{"a" 1}')).toBe("not JSON at byte 5: found 1, expected `:`");
    expect(error('{"a"}')).toBe("not JSON at byte 4: found }, expected `:`");
    expect(error('{"a":}')).toBe("not JSON at byte 5: found }, expected a value");
  });

  it("is reported at the wrong bracket", () => {
    expect(error("[1}")).toBe("not JSON at byte 2: found }, expected `,` or `]`");
    expect(error('{"a":1]')).toBe("not JSON at byte 6: found ], expected `,` or `}`");
    expect(error("]")).toBe("not JSON at byte 0: found ], expected a value");
  });

  it("is reported at a key that is not a string", () => {
    expect(error("{a:1}")).toBe("not JSON at byte 1: found a, expected a quoted key");
    expect(error("{'a':1}")).toBe("not JSON at byte 1: found ', expected a quoted key");
    expect(error("{1:1}")).toBe("not JSON at byte 1: found 1, expected a quoted key");
  });

  it("is reported where something follows", () => {
    expect(error("{} {}")).toBe("not JSON at byte 3: found {, expected nothing more");
    expect(error("truex")).toBe("not JSON at byte 4: found x, expected nothing more");
    expect(error("1 2")).toBe("not JSON at byte 2: found 2, expected nothing more");
    expect(error("{}\0")).toBe("not JSON at byte 2: found byte 0, expected nothing more");
    expect(error('""""')).toBe('not JSON at byte 2: found ", expected nothing more');
  });

  it("is reported at the first wrong letter of a word", () => {
    expect(error("trux")).toBe("not JSON at byte 3: found x, expected true");
    expect(error("tru")).toBe("not JSON at byte 3: found the end, expected true");
    expect(error("falsy")).toBe("not JSON at byte 4: found y, expected false");
    expect(error("[nul]")).toBe("not JSON at byte 4: found ], expected null");
    expect(error("True")).toBe("not JSON at byte 0: found T, expected a value");
  });

  it("is reported at comments, byte order marks and YAML", () => {
    expect(error("// a\n{}")).toBe("not JSON at byte 0: found /, expected a value");
    expect(error("\ufeff{}")).toBe("not JSON at byte 0: found byte 239, expected a value");
    expect(error("collector:\n  cluster: x")).toBe("not JSON at byte 0: found c, expected a value");
  });

  it("is reported at white space other than JSON's four characters", () => {
    expect(error("\f{}")).toBe("not JSON at byte 0: found byte 12, expected a value");
    expect(error("\v{}")).toBe("not JSON at byte 0: found byte 11, expected a value");
    expect(error("{}\u00a0")).toBe("not JSON at byte 2: found byte 194, expected nothing more");
  });

  it("is reported at a NUL, which is not the end", () => {
    expect(error("\0")).toBe("not JSON at byte 0: found byte 0, expected a value");
    expect(error("[\0]")).toBe("not JSON at byte 1: found byte 0, expected a value");
    expect(error("[1\0]")).toBe("not JSON at byte 2: found byte 0, expected `,` or `]`");
  });

  it("is reported only for its first mistake", () => {
    expect(error("[tru, 1.]")).toBe("not JSON at byte 4: found ,, expected true");
  });
});

describe("a string that is not JSON", () => {
  it("is reported where its end is missing", () => {
    expect(error('"abc')).toBe("not JSON at byte 4: found the end, expected a closing quotation mark");
    expect(error('"')).toBe("not JSON at byte 1: found the end, expected a closing quotation mark");
    expect(error('{"a')).toBe("not JSON at byte 3: found the end, expected a closing quotation mark");
    expect(error('"abc\\"')).toBe("not JSON at byte 6: found the end, expected a closing quotation mark");
  });

  it("is reported at each control character", () => {
    for (let unit = 0; unit < 32; unit++) {
      let found = "not JSON at byte 2: found byte " + unit.toString();
      let json = '"a' + String.fromCharCode(unit) + '"';
      expect(error(json)).toBe(found + ", expected an escaped control character");
    }
  });

  it("is reported at every letter that is not an escape", () => {
    let wrong = "";
    for (let unit = 0; unit < 128; unit++) {
      let letter = String.fromCharCode(unit);
      let known = '"\\/bfnrtu'.includes(letter);
      let sign = unit > 0x20 && unit < 0x7f ? letter : "byte " + unit.toString();
      let expected = unit < 0x20 ? "an escaped control character" : "an escape of JSON's";
      let found = "not JSON at byte 2: found " + sign + ", expected " + expected;
      if ((error('"\\' + letter + '0000"') === found) === known) wrong += letter;
    }
    expect(wrong).toBe("");
  });

  it("is reported where an escape is truncated", () => {
    expect(error('"\\')).toBe("not JSON at byte 2: found the end, expected a closing quotation mark");
    expect(error('"\\u')).toBe("not JSON at byte 3: found the end, expected a closing quotation mark");
    expect(error('"\\u12')).toBe("not JSON at byte 5: found the end, expected a closing quotation mark");
    expect(error('"\\u123"')).toBe('not JSON at byte 6: found ", expected four hexadecimal digits');
    expect(error('"\\u12g4"')).toBe("not JSON at byte 5: found g, expected four hexadecimal digits");
    expect(error('"\\u-123"')).toBe("not JSON at byte 3: found -, expected four hexadecimal digits");
  });

  it("is written only into its own room", () => {
    let bytes = text('"123456\\u"');
    let given = fence(bytes.at, bytes.size);
    reset();
    let behind = allocate(16) + 8;
    reset();
    reader.parse(given, bytes.size);
    expect(reader.error).toBe('not JSON at byte 9: found ", expected four hexadecimal digits');
    // The number of the message follows the eight bytes of the string.
    expect(load<u8>(behind)).toBe(0x39);
  });
});

describe("a duplicate key", () => {
  it("is refused, but only in the same object", () => {
    let found = "not JSON at byte 10: found :, expected each key once, `a` came before";
    expect(error('{"a":1,"a":2}')).toBe(found);
    expect(error('{"a":{"a":1}}')).toBe("");
  });

  it("is refused however it is written", () => {
    expect(error('{"a":1,"\\u0061":2}').endsWith("expected each key once, `a` came before")).toBe(true);
  });
});

describe("any bytes at all", () => {
  it("give an error for every truncation of a complete text", () => {
    expect(error(SAMPLE)).toBe("");
    let bytes = text(SAMPLE);
    let wrong = "";
    for (let size: u32 = 0; size < bytes.size; size++) {
      reader.parse(fence(bytes.at, size), size);
      let place = "not JSON at byte " + size.toString() + ": found the end, expected ";
      // If the cut is within a character, the rest of that character is the mistake.
      if (!reader.error.startsWith(place) && !reader.error.endsWith(", expected UTF-8"))
        wrong += size.toString() + ": " + reader.error + ", ";
    }
    expect(wrong).toBe("");
  });

  it("never trap, whatever is changed in a complete text", () => {
    startChance(11);
    let bytes = text(SAMPLE);
    let changed = new Bytes().add(bytes.at, bytes.size);
    let refused = 0;
    for (let i = 0; i < 5000; i++) {
      memory.copy(changed.at, bytes.at, bytes.size);
      for (let j: u32 = 0; j <= below(3); j++) store<u8>(changed.at + below(bytes.size), below(256));
      reader.parse(fence(changed.at, changed.size), changed.size);
      if (reader.error.length > 0) refused++;
    }
    expect(refused > 2500 && refused < 5000).toBe(true, refused.toString());
  });

  it("never trap on JSON's own characters in random order", () => {
    startChance(12);
    let signs = text('{}[]:,"\\u0e1-.truefalsn \n');
    let given = heap.alloc(32);
    let refused = 0;
    for (let i = 0; i < 20000; i++) {
      let size = below(32);
      for (let j: u32 = 0; j < size; j++) store<u8>(given + j, load<u8>(signs.at + below(signs.size)));
      reader.parse(fence(given, size), size);
      if (reader.error.length > 0) refused++;
    }
    expect(refused > 15000 && refused < 20000).toBe(true, refused.toString());
  });
});

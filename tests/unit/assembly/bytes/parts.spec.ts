import { Parts } from "../../../../assembly/bytes/parts";
import { toText } from "../../../../assembly/bytes/slice";
import { Bytes, fence } from "../bytes";

const COMMA: u8 = 0x2c;
const SEMICOLON: u8 = 0x3b;

const parts = new Parts();

/** The parts of `value`, which ends where memory ends, each in brackets. */
function told(value: string, separator: u8 = COMMA): string {
  let bytes = new Bytes().text(value);
  parts.begin(fence(bytes.at, bytes.size), bytes.size, separator);
  let found = "";
  while (parts.advance()) found += "[" + toText(parts) + "]";
  return found;
}

describe("the parts of a text", () => {
  it("are what its separators separate, in order", () => {
    expect(told("a,bc,d")).toBe("[a][bc][d]");
    expect(told("a")).toBe("[a]");
    expect(told("a;b,c;d", SEMICOLON)).toBe("[a][b,c][d]");
    expect(told("a;b,c;d")).toBe("[a;b][c;d]");
  });

  it("are none if it is empty, or has only separators and white space", () => {
    let values = ["", ",", ",,,", " ", "\t", " , \t ,, "];
    for (let i = 0; i < values.length; i++) expect(told(values[i])).toBe("", values[i]);
  });

  it("do not include empty parts, wherever they are", () => {
    expect(told(",a")).toBe("[a]");
    expect(told("a,")).toBe("[a]");
    expect(told("a,,b")).toBe("[a][b]");
    expect(told(" ,\t,a, ,b ,")).toBe("[a][b]");
  });

  it("lose the spaces and tabs around them, and keep those inside", () => {
    expect(told(" a\t, \t b c \t,\td")).toBe("[a][b c][d]");
  });

  it("keep every other byte", () => {
    expect(told("\x0ba\n,\rb\xa0")).toBe("[\x0ba\n][\rb\xa0]");
    let bytes = new Bytes().byte(0).byte(0xff).byte(COMMA).byte(0x7f);
    parts.begin(fence(bytes.at, bytes.size), bytes.size, COMMA);
    expect(parts.advance()).toBe(true);
    expect(parts.size).toBe(2);
    expect(parts.advance()).toBe(true);
    expect(load<u8>(parts.at)).toBe(0x7f);
    expect(parts.advance()).toBe(false);
  });

  it("have ended for good after the last one", () => {
    expect(told("a,b")).toBe("[a][b]");
    expect(parts.advance()).toBe(false);
    expect(parts.advance()).toBe(false);
  });

  it("begin anew in another text, even in the middle of the last one", () => {
    let bytes = new Bytes().text("a,b,c");
    parts.begin(fence(bytes.at, bytes.size), bytes.size, COMMA);
    parts.advance();
    expect(told("x,y")).toBe("[x][y]");
  });
});

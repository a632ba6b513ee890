// Other specs rely on this helper to fail where they expect it.
import { Bytes, fence, hexOf } from "./bytes";

/** A place for bytes that are only read to see whether they are readable. */
const sink = heap.alloc(4);

describe("the fence", () => {
  it("holds a copy that ends where memory ends", () => {
    let bytes = new Bytes().text("abc");
    let copy = fence(bytes.at, bytes.size);
    expect(hexOf(copy, 3)).toBe("61 62 63");
    expect(copy + 3).toBe((<usize>memory.size()) << 16);
  });

  it("is as large as the bytes are", () => {
    let bytes = new Bytes().repeat(0x61, 200000);
    let copy = fence(bytes.at, bytes.size);
    expect(load<u8>(copy)).toBe(0x61);
    expect(load<u8>(copy + 199999)).toBe(0x61);
  });

  it("is put up again once the heap has grown past it", () => {
    let bytes = new Bytes().text("abc");
    fence(bytes.at, bytes.size);
    let block = heap.alloc(4000000);
    let copy = fence(bytes.at, bytes.size);
    expect(copy + 3).toBe((<usize>memory.size()) << 16);
    heap.free(block);
  });

  throws("a read one byte beyond it", () => {
    let bytes = new Bytes().text("abc");
    store<u8>(sink, load<u8>(fence(bytes.at, bytes.size) + 3));
  });

  throws("a wide read that only ends beyond it", () => {
    let bytes = new Bytes().text("abc");
    store<u32>(sink, load<u32>(fence(bytes.at, bytes.size)));
  });
});

describe("Bytes", () => {
  it("joins any number of pieces", () => {
    let bytes = new Bytes().hex("0a FF").text("é").byte(7).u32(0x01020304).repeat(9, 2);
    expect(hexOf(bytes.at, bytes.size)).toBe("0a ff c3 a9 07 04 03 02 01 09 09");
    for (let i = 0; i < 1000; i++) bytes.byte(<u8>i);
    expect(bytes.size).toBe(1011);
    expect(hexOf(bytes.at, 2)).toBe("0a ff");
    expect(hexOf(bytes.at + 1009, 2)).toBe("e6 e7");
  });
});

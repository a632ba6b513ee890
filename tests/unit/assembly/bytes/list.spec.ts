// Removing items from a list in no particular order.
import { swapRemove } from "../../../../assembly/bytes/list";

describe("swapRemove", () => {
  it("returns the removed item, and leaves the others", () => {
    let list: u32[] = [1, 2, 3, 4];
    expect(swapRemove(list, 1)).toBe(2);
    expect(list.sort((a, b) => <i32>a - <i32>b)).toStrictEqual([1, 3, 4]);
  });

  it("removes the last item, and the only item", () => {
    let list: u32[] = [1, 2];
    expect(swapRemove(list, 1)).toBe(2);
    expect(swapRemove(list, 0)).toBe(1);
    expect(list.length).toBe(0);
  });

  it("removes each item during iteration from the end", () => {
    let list: u32[] = [1, 2, 3, 4, 5];
    let sum: u32 = 0;
    for (let i = list.length - 1; i >= 0; i--) if (list[i] % 2 === 1) sum += swapRemove(list, i);
    expect(sum).toBe(9);
    expect(list.length).toBe(2);
  });
});

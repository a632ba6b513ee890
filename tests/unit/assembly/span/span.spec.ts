import { text, toText } from "../../../../assembly/bytes/slice";
import { TraceContext } from "../../../../assembly/context/context";
import { MAX_CUSTOM_TAGS } from "../../../../assembly/span/custom";
import { isOwnName, NODE_ID } from "../../../../assembly/span/names";
import { Span } from "../../../../assembly/span/span";
import { Bytes, hexOf } from "../bytes";

const context = new TraceContext();
const span = new Span(context);
const NAME = text("http.url");
const VALUE = text("/");

describe("a span", () => {
  it("begins without tags", () => {
    let fresh = new Span(context);
    expect(fresh.tagCount).toBe(0);
    expect(fresh.error).toBe(false);
    expect(fresh.client).toBe(false);
    expect(fresh.operation.size).toBe(0);
  });

  it("keeps a reference to its context, and follows its changes", () => {
    context.traceLow = 17;
    expect(span.context.traceLow).toBe(17);
  });

  it("keeps its tags in order, each with a value", () => {
    span.tagCount = 0;
    span.tag(NAME).set(VALUE.at, VALUE.size);
    span.tag(NODE_ID).set(NAME.at, NAME.size);
    expect(span.tagCount).toBe(2);
    expect(toText(span.tagAt(0).name)).toBe("http.url");
    expect(toText(span.tagAt(0).value)).toBe("/");
    expect(toText(span.tagAt(1).name)).toBe("node_id");
    expect(toText(span.tagAt(1).value)).toBe("http.url");
  });

  it("has room for Envoy's twenty tags and all custom ones, each in its own place", () => {
    let count: u32 = 21 + MAX_CUSTOM_TAGS;
    let other = new Span(context);
    span.tagCount = 0;
    for (let i: u32 = 0; i < count; i++) span.tag(NAME).set(i, i);
    for (let i: u32 = 0; i < count; i++) other.tag(NODE_ID).set(0, 0);
    let wrong = "";
    for (let i: u32 = 0; i < count; i++) if (span.tagAt(i).value.size !== i) wrong += i.toString() + " ";
    expect(wrong).toBe("");
  });

  it("drops tags beyond that, and stays within its memory", () => {
    let most: u32 = 21 + MAX_CUSTOM_TAGS;
    let full = new Span(context);
    let neighbour = new Bytes().repeat(0xee, 64);
    for (let i: u32 = 0; i < most + 100; i++) full.tag(NAME).set(i, i);
    expect(full.tagCount).toBe(most);
    let wrong = "";
    for (let i: u32 = 0; i < most; i++) if (full.tagAt(i).value.size !== i) wrong += i.toString() + " ";
    expect(wrong).toBe("");
    expect(hexOf(neighbour.at, 64)).toBe("ee ".repeat(64).trim());
  });
});

describe("the names of tags", () => {
  it("are recognised as our own", () => {
    expect(isOwnName("node_id")).toBe(true);
    expect(isOwnName("span.kind")).toBe(true);
    expect(isOwnName("error")).toBe(true);
    expect(isOwnName("guid:x-request-id")).toBe(true);
  });

  it("are not recognised as our own if they only look similar", () => {
    expect(isOwnName("")).toBe(false);
    expect(isOwnName("Node_id")).toBe(false);
    expect(isOwnName("node_id ")).toBe(false);
    expect(isOwnName("http")).toBe(false);
  });
});

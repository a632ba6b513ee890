import { reset } from "../../../../assembly/bytes/arena";
import { toText } from "../../../../assembly/bytes/slice";
import { CustomTag, PROPERTY, RESPONSE_HEADER } from "../../../../assembly/span/custom";
import { Bytes, fence } from "../bytes";

/** The value of a tag for the attribute `path` with these bytes, which end where memory ends. */
function spelt(path: string, bytes: Bytes): string {
  reset();
  let tag = new CustomTag(PROPERTY, "t", path.replaceAll(".", "\0"), "", null);
  tag.value.set(fence(bytes.at, bytes.size), bytes.size);
  tag.spellValue(256);
  return toText(tag.value);
}

function number(digits: string): Bytes {
  return new Bytes().hex(digits);
}

describe("an attribute that is a number", () => {
  it("is written in decimal", () => {
    expect(spelt("response.code", number("c8 00 00 00 00 00 00 00"))).toBe("200");
    expect(spelt("request.size", number("00 00 00 00 00 00 00 00"))).toBe("0");
    expect(spelt("upstream.port", number("78 23 00 00 00 00 00 00"))).toBe("9080");
    expect(spelt("connection.id", number("ff ff ff ff ff ff ff ff"))).toBe("18446744073709551615");
  });

  it("can be any that Envoy serialises as eight bytes", () => {
    let paths = ["request.size", "request.total_size", "response.code", "response.flags", "response.grpc_status"];
    paths = paths.concat(["response.size", "response.total_size", "connection.id", "upstream.port", "source.port"]);
    paths = paths.concat(["destination.port", "upstream.request_attempt_count", "xds.listener_direction"]);
    for (let i = 0; i < paths.length; i++)
      expect(spelt(paths[i], number("07 00 00 00 00 00 00 00"))).toBe("7", paths[i]);
  });

  it("is absent if the host returned another size", () => {
    expect(spelt("response.code", number("c8 00 00 00"))).toBe("");
    expect(spelt("response.code", number("c8"))).toBe("");
    expect(spelt("response.code", number("c8 00 00 00 00 00 00 00 00"))).toBe("");
  });
});

describe("an attribute that is a time", () => {
  it("is written in microseconds", () => {
    expect(spelt("request.duration", number("40 42 0f 00 00 00 00 00"))).toBe("1000"); // 1,000,000 ns
    expect(spelt("response.backend_latency", number("e7 03 00 00 00 00 00 00"))).toBe("0"); // 999 ns
    expect(spelt("request.time", number("00 00 2a 36 fe 9c 97 17"))).toBe("1700000000000000");
  });

  it("can be any that Envoy has", () => {
    let paths = ["request.time", "request.duration", "response.backend_latency", "upstream.cx_pool_ready_duration"];
    for (let i = 0; i < paths.length; i++)
      expect(spelt(paths[i], number("58 1b 00 00 00 00 00 00"))).toBe("7", paths[i]);
  });
});

describe("an attribute that is a boolean", () => {
  it("is written as a word", () => {
    expect(spelt("connection.mtls", number("01"))).toBe("true");
    expect(spelt("connection.mtls", number("00"))).toBe("false");
  });
});

describe("an attribute that is text", () => {
  it("stays as it is", () => {
    let paths = ["request.path", "request.protocol", "response.code_details", "upstream.address", "xds.cluster_name"];
    paths = paths.concat(["connection.requested_server_name", "source.address", "plugin_name", ""]);
    for (let i = 0; i < paths.length; i++) expect(spelt(paths[i], new Bytes().text("a b"))).toBe("a b", paths[i]);
  });

  it("may be inside a map, whatever the name of its last part", () => {
    let bytes = new Bytes().text("12345678");
    expect(spelt("request.headers.size", bytes)).toBe("12345678");
    expect(spelt("xds.node.metadata.port", bytes)).toBe("12345678");
    expect(spelt("filter_state.size", bytes)).toBe("12345678");
    expect(spelt("upstream_filter_state.port", bytes)).toBe("12345678");
    expect(spelt("filter_state.connection.id", bytes)).toBe("12345678");
  });

  it("may be in a table that Envoy does not have", () => {
    let bytes = new Bytes().text("12345678");
    expect(spelt("node.size", bytes)).toBe("12345678");
    expect(spelt("st.code", bytes)).toBe("12345678");
    expect(spelt("quest.size", bytes)).toBe("12345678");
  });

  it("may have a name that merely resembles a number's", () => {
    let bytes = new Bytes().text("12345678");
    expect(spelt("request.siz", bytes)).toBe("12345678");
    expect(spelt("request.sizes", bytes)).toBe("12345678");
    expect(spelt("response.cod", bytes)).toBe("12345678");
    expect(spelt("size", bytes)).toBe("12345678");
  });

  it("is absent if it is empty", () => {
    expect(spelt("request.path", new Bytes())).toBe("");
    expect(spelt("response.code", new Bytes())).toBe("");
    expect(spelt("connection.mtls", new Bytes())).toBe("");
  });
});

describe("metadata and filter state", () => {
  it("are not typed by names that anyone may choose", () => {
    let bytes = new Bytes().text("12345678");
    let paths = ["filter_state.size", "filter_state.duration", "upstream_filter_state.code"];
    for (let i = 0; i < paths.length; i++) expect(spelt(paths[i], bytes)).toBe("12345678", paths[i]);
  });
});

describe("an authority", () => {
  it("is shown without user and password, whatever the path to it", () => {
    let bytes = new Bytes().text("user:secret@shop.example:80");
    let paths = ["request.host", "request.headers.:authority", "request.headers.host"];
    for (let i = 0; i < paths.length; i++) expect(spelt(paths[i], bytes)).toBe("shop.example:80", paths[i]);
    expect(spelt("request.headers.from", bytes)).toBe("user:secret@shop.example:80");
  });
});

// Metadata { filter_metadata: { "x": { size: "123456" } } }
const METADATA: Bytes = new Bytes()
  .hex("0a 17") // filter_metadata, an entry of a map
  .hex("0a 01 78") // key "x"
  .hex("12 12 0a 10") // value, a Struct with one of fields
  .hex("0a 04 73 69 7a 65") // key "size"
  .hex("12 08 1a 06 31 32 33 34 35 36"); // value, a Value: string_value "123456"

describe("a value of metadata", () => {
  it("is looked up in the message that the host returns", () => {
    expect(spelt("metadata.filter_metadata.x.size", METADATA)).toBe("123456");
    expect(spelt("xds.route_metadata.filter_metadata.x.size", METADATA)).toBe("123456");
    expect(spelt("route_metadata.filter_metadata.x.size", METADATA)).toBe("123456");
    expect(spelt("metadata.filter_metadata.x", METADATA)).toBe('{"size":"123456"}');
    expect(spelt("metadata.filter_metadata", METADATA)).toBe('{"x":{"size":"123456"}}');
    expect(spelt("metadata.filter_metadata.y.size", METADATA)).toBe("");
  });

  it("is the host's value if the path leads to no such message", () => {
    let bytes = new Bytes().text("12345678");
    expect(spelt("request.filter_metadata.x", bytes)).toBe("12345678");
    expect(spelt("filter_state.metadata.filter_metadata.x", bytes)).toBe("12345678");
    expect(spelt("filter_metadata.x", bytes)).toBe("12345678");
  });

  it("has the path of its message as key, so that one host call serves several tags", () => {
    let tag = new CustomTag(PROPERTY, "t", "xds\0route_metadata\0filter_metadata\0x\0size", "", null);
    expect(toText(tag.key)).toBe("xds\0route_metadata");
  });
});

describe("a header", () => {
  it("is text, whatever its name", () => {
    reset();
    let tag = new CustomTag(RESPONSE_HEADER, "t", "connection.id", "none", null);
    let bytes = new Bytes().text("12345678");
    tag.value.set(bytes.at, bytes.size);
    tag.spellValue(256);
    expect(toText(tag.value)).toBe("12345678");
    expect(toText(tag.name)).toBe("t");
    expect(toText(tag.key)).toBe("connection.id");
    expect(toText(tag.fallback)).toBe("none");
  });
});

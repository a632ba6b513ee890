// The two tags that aren't just copied: http.url and peer.address.
import { reset } from "../../../../assembly/bytes/arena";
import { Slice, toText } from "../../../../assembly/bytes/slice";
import { TraceContext } from "../../../../assembly/context/context";
import { carrier } from "../../../../assembly/context/carrier";
import { exchange } from "../../../../assembly/span/exchange";
import { Span } from "../../../../assembly/span/span";
import { describe as describeSpan, TagSettings } from "../../../../assembly/span/tags";
import { Bytes, fence, hexOf } from "../bytes";
import { bring, Headers } from "../headers";

const span = new Span(new TraceContext());
const tag = new Slice();

/** Points `tag` at the value of the tag `name`; false if the span has none. */
function find(name: string): bool {
  for (let i: u32 = 0; i < span.tagCount; i++) {
    if (toText(span.tagAt(i).name) !== name) continue;
    tag.set(span.tagAt(i).value.at, span.tagAt(i).value.size);
    return true;
  }
  return false;
}

/** http.url of a request with these headers, alternating names and values. */
function url(headers: string[], maxLength: u32 = 256, dropsQuery: bool = false): string {
  reset();
  bring(carrier, headers);
  describeSpan(span, exchange, carrier, new TagSettings(maxLength, dropsQuery, []));
  return find("http.url") ? toText(tag) : "none";
}

function withPath(path: string, maxLength: u32 = 256, dropsQuery: bool = false): string {
  return url([":scheme", "http", ":authority", "h", ":path", path], maxLength, dropsQuery);
}

describe("http.url", () => {
  it("is scheme, authority and path with its query", () => {
    expect(url([":scheme", "https", ":authority", "reviews:9080", ":path", "/reviews/0?a=b#c"])).toBe(
      "https://reviews:9080/reviews/0?a=b#c",
    );
  });

  it("has the original path if a route has rewritten it", () => {
    let headers = [":scheme", "http", ":authority", "h", ":path", "/new"];
    expect(url(headers.concat(["x-envoy-original-path", "/old?q"]))).toBe("http://h/old?q");
    expect(url(headers.concat(["x-envoy-original-path", ""]))).toBe("http://h");
  });

  it("is missing if there is no path, even if there was one", () => {
    expect(url([":method", "CONNECT", ":authority", "h:443"])).toBe("none");
    expect(url([":authority", "h:443", "x-envoy-original-path", "/old"])).toBe("none");
  });

  it("has empty parts for absent headers", () => {
    expect(url([":path", "/a"])).toBe(":///a");
    expect(url([":scheme", "http", ":path", "/a"])).toBe("http:///a");
    expect(url([":scheme", "http", ":authority", "h", ":path", ""])).toBe("http://h");
  });

  it("has a path of at most 256 bytes, with scheme and authority uncut", () => {
    expect(withPath("/" + "a".repeat(255))).toBe("http://h/" + "a".repeat(255));
    expect(withPath("/" + "a".repeat(256))).toBe("http://h/" + "a".repeat(255));
    expect(withPath("/" + "a".repeat(70000))).toBe("http://h/" + "a".repeat(255));
    let authority = "h".repeat(1000);
    expect(url([":scheme", "http", ":authority", authority, ":path", "/"], 1)).toBe("http://" + authority + "/");
  });

  it("is cut at the configured length", () => {
    expect(withPath("/abcdef", 3)).toBe("http://h/ab");
    expect(withPath("/abcdef", 1)).toBe("http://h/");
    expect(withPath("/abcdef", 7)).toBe("http://h/abcdef");
  });

  it("is cut before a character that does not fit", () => {
    expect(withPath("/" + "a".repeat(254) + "é")).toBe("http://h/" + "a".repeat(254));
    expect(withPath("/" + "a".repeat(253) + "é")).toBe("http://h/" + "a".repeat(253) + "é");
    expect(withPath("/€", 3)).toBe("http://h/");
    expect(withPath("/😀", 4)).toBe("http://h/");
    expect(withPath("/😀", 5)).toBe("http://h/😀");
  });

  it("is also cut in the original path", () => {
    let headers = [":scheme", "http", ":authority", "h", ":path", "/new", "x-envoy-original-path", "/abcdef"];
    expect(url(headers, 3)).toBe("http://h/ab");
  });

  it("ends before the query if configured", () => {
    expect(withPath("/a?token=hush", 256, true)).toBe("http://h/a");
    expect(withPath("/a?", 256, true)).toBe("http://h/a");
    expect(withPath("?a", 256, true)).toBe("http://h");
    expect(withPath("/a", 256, true)).toBe("http://h/a");
    expect(withPath("/abc?d", 2, true)).toBe("http://h/a");
  });

  it("omits user and password", () => {
    expect(url([":scheme", "http", ":authority", "user:hush@h:80", ":path", "/a@b"])).toBe("http://h:80/a@b");
    expect(url([":scheme", "http", ":authority", "@h", ":path", "/"])).toBe("http://h/");
    expect(url([":scheme", "http", ":authority", "hush@", ":path", "/"])).toBe("http:///");
  });

  it("is valid UTF-8, whatever the headers", () => {
    reset();
    let headers = new Headers().add(":scheme", new Bytes().hex("ff")).add(":authority", new Bytes().hex("c3"));
    headers.add(":path", new Bytes().hex("2f a9")).bring(carrier);
    describeSpan(span, exchange, carrier, new TagSettings(256, false, []));
    find("http.url");
    expect(hexOf(tag.at, tag.size)).toBe("ef bf bd 3a 2f 2f ef bf bd 2f ef bf bd");
  });
});

/** peer.address of a peer at `address`, which ends where memory ends. */
function peer(address: string): string {
  reset();
  bring(carrier, []);
  let bytes = new Bytes().text(address);
  exchange.peer.set(fence(bytes.at, bytes.size), bytes.size);
  describeSpan(span, exchange, carrier, new TagSettings(256, false, []));
  return find("peer.address") ? toText(tag) : "none";
}

describe("peer.address", () => {
  it("is an IPv4 address without its port", () => {
    expect(peer("172.17.0.12:43210")).toBe("172.17.0.12");
    expect(peer("127.0.0.1:0")).toBe("127.0.0.1");
  });

  it("is an IPv6 address without brackets and port", () => {
    expect(peer("[2001:db8::1]:43210")).toBe("2001:db8::1");
    expect(peer("[::1]:80")).toBe("::1");
    expect(peer("[::ffff:10.0.0.1]:80")).toBe("::ffff:10.0.0.1");
    expect(peer("[fe80::1%eth0]:80")).toBe("fe80::1%eth0");
  });

  it("is the whole path of a pipe", () => {
    expect(peer("/var/run/app.sock")).toBe("/var/run/app.sock");
    expect(peer("@abstract")).toBe("@abstract");
  });

  it("is missing if there is no address", () => {
    expect(peer("")).toBe("none");
  });

  it("does not trap on an invalid address", () => {
    expect(peer(":")).toBe(":");
    expect(peer("envoy://internal_client_address/a1")).toBe("envoy://internal_client_address/a1");
    expect(peer("/tmp/a:b")).toBe("/tmp/a:b");
    expect(peer("[")).toBe("[");
    expect(peer("[]:80")).toBe("none");
    expect(peer("[::1:80")).toBe("[::1");
    expect(peer("]:")).toBe("]:");
  });
});

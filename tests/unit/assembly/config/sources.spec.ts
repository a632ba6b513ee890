import { Source } from "../../../../assembly/config/section";
import { absent, refusal, sectionAt } from "./sections";

/** The sources in the object `json`, as the key `tags.t`. */
function sources(json: string, pseudo: string = ""): Source[] {
  return sectionAt("tags", '{"t":' + json + "}").sources("t", pseudo);
}

const PSEUDO = ":authority, :path";

const FORMS = '; allowed: a string, {"source":"…","default":"…"}';

describe("the sources of tags", () => {
  it("are empty if the key is absent or empty", () => {
    expect(absent().sources("t").length).toBe(0);
    expect(sources("{}").length).toBe(0);
    expect(refusal.reason).toBe("");
  });

  it("may be strings, in the order of the text", () => {
    let all = sources('{"pod":"POD_NAME","node":"NODE_NAME"}');
    expect(refusal.reason).toBe("");
    expect(all.length).toBe(2);
    expect(all[0].tag + "=" + all[0].source + "|" + all[0].fallback).toBe("pod=POD_NAME|");
    expect(all[1].tag + "=" + all[1].source + "|" + all[1].fallback).toBe("node=NODE_NAME|");
    expect(all[1].path).toBe("tags.t.node");
  });

  it("may have a default", () => {
    let all = sources('{"pod":{"source":"POD_NAME","default":"none"},"node":{"source":"NODE_NAME"}}');
    expect(refusal.reason).toBe("");
    expect(all[0].source + "|" + all[0].fallback).toBe("POD_NAME|none");
    expect(all[1].source + "|" + all[1].fallback).toBe("NODE_NAME|");
  });

  it("must be an object", () => {
    sources('["pod"]');
    expect(refusal.reason).toBe("tags.t: found an array; allowed: an object of tag names");
    sources('"pod"');
    expect(refusal.reason).toBe('tags.t: found "pod"; allowed: an object of tag names');
    sources("null");
    expect(refusal.reason).toBe("tags.t: found null; allowed: an object of tag names");
  });

  it("may not be anything else", () => {
    sources('{"pod":1}');
    expect(refusal.reason).toBe("tags.t.pod: found 1" + FORMS);
    sources('{"pod":""}');
    expect(refusal.reason).toBe('tags.t.pod: found ""' + FORMS);
    sources('{"pod":["x"]}');
    expect(refusal.reason).toBe("tags.t.pod: found an array" + FORMS);
    sources('{"pod":true}');
    expect(refusal.reason).toBe("tags.t.pod: found true" + FORMS);
  });

  it("need a source in an object, and may have nothing unknown", () => {
    sources('{"pod":{}}');
    expect(refusal.reason).toBe("tags.t.pod.source: is missing; allowed: a string that is not empty");
    sources('{"pod":{"source":""}}');
    expect(refusal.reason).toBe('tags.t.pod.source: found ""; allowed: a string that is not empty');
    sources('{"pod":{"source":"x","default":1}}');
    expect(refusal.reason).toBe("tags.t.pod.default: found 1; allowed: a string that is not empty");
    sources('{"pod":{"source":"x","fallback":"y"}}');
    expect(refusal.reason).toBe("tags.t.pod.fallback: is unknown; allowed: source, default");
  });

  it("must have printable names", () => {
    sources('{"":"x"}');
    expect(refusal.reason).toBe("tags.t.: is no tag name; allowed: printable characters");
    sources('{"a\\u007f":"x"}');
    expect(refusal.reason.endsWith(": is no tag name; allowed: printable characters")).toBe(true, refusal.reason);
    sources('{"größe":"x"}');
    expect(refusal.reason).toBe("");
  });
});

describe("headers as sources of tags", () => {
  it("are lower-case names of at most 63 bytes", () => {
    sources('{"tenant":"x-tenant","longest":"' + "x".repeat(63) + '"}', PSEUDO);
    expect(refusal.reason).toBe("");
    sources('{"tenant":"' + "x".repeat(64) + '"}', PSEUDO);
    expect(refusal.reason.endsWith("; allowed: a header name in lower case, up to 63 bytes, " + PSEUDO)).toBe(true);
  });

  it("may be the existing pseudo headers", () => {
    sources('{"a":":authority","b":{"source":":path"}}', PSEUDO);
    expect(refusal.reason).toBe("");
  });

  it("are refused with the value found", () => {
    let names = ["X-Tenant", "x tenant", ":method", ":pat", ":authority, :path", ":", "x:y", "é"];
    for (let i = 0; i < names.length; i++) {
      sources('{"tenant":"' + names[i] + '"}', PSEUDO);
      let allowed = "a header name in lower case, up to 63 bytes, " + PSEUDO;
      expect(refusal.reason).toBe('tags.t.tenant: found "' + names[i] + '"; allowed: ' + allowed);
    }
  });

  it("are also refused with a default", () => {
    sources('{"tenant":{"source":"X-Tenant","default":"none"}}', PSEUDO);
    expect(refusal.reason.startsWith('tags.t.tenant: found "X-Tenant"; allowed: ')).toBe(true, refusal.reason);
  });
});

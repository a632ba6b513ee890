// Tags from metadata cost one host call for each message that contains them, and leave nothing in memory.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { properties } from "../../../host/properties.ts";
import { OK } from "../requests.ts";
import { Sidecar } from "../sidecar.ts";

// Metadata { filter_metadata: { "x": { n: 42, l: [0.1] } } }
const METADATA = Buffer.from(
  "0a29" + // filter_metadata, an entry of a map
    "0a0178" + // key "x"
    "1224" + // value, a Struct
    "0a0e" +
    "0a016e" +
    "1209" +
    "110000000000004540" + // "n": number_value 42
    "0a12" +
    "0a016c" +
    "120d" +
    "320b" +
    "0a09" +
    "119a9999999999b93f", // "l": list_value, one number_value 0.1
  "hex",
);
// Node { metadata: { NUMBER: 3 } }
const NODE = Buffer.from("1a15" + "0a13" + "0a064e554d424552" + "1209" + "110000000000000840", "hex");

const tags = {
  properties: {
    n: "metadata.filter_metadata.x.n",
    code: "response.code",
    l: "metadata.filter_metadata['x'].l",
    none: { source: "metadata.filter_metadata.x.none", default: "-" },
    route: "xds.route_metadata.filter_metadata.x.n",
    node: "xds.node.metadata.NUMBER",
  },
};
const ended = new Map([...OK, ...properties({ metadata: METADATA, xds: { route_metadata: METADATA } })]);

describe("tags from metadata", () => {
  it("have their types, and their defaults if there is no value", async () => {
    const sidecar = await Sidecar.start({ tags }, { node: { xds: { node: NODE } } });
    sidecar.request({ properties: ended });
    const [{ tags: found } = { tags: {} as Record<string, unknown> }] = sidecar.spans();
    assert.deepEqual(
      [found.n, found.code, found.l, found.none, found.route, found.node],
      ["42", "200", "[0.1]", "-", "42", "3"],
    );
  });

  it("read each message once", async () => {
    const sidecar = await Sidecar.start({ tags });
    sidecar.request({ properties: ended });
    sidecar.host.forgetHostCalls();
    sidecar.request({ properties: ended });
    const { proxy_get_property: withTags = 0 } = sidecar.host.hostCalls;
    const plain = await Sidecar.start();
    plain.request({ properties: ended });
    plain.host.forgetHostCalls();
    plain.request({ properties: ended });
    assert.equal(withTags - (plain.host.hostCalls.proxy_get_property ?? 0), 3);
  });

  it("leave nothing in memory", async () => {
    const sidecar = await Sidecar.start({ tags });
    let warm = 0;
    for (let i = 1; i <= 20_000; i++) {
      sidecar.request({ properties: ended });
      if (i % 500 === 0) sidecar.tick();
      while (sidecar.host.inFlight.length > 0) sidecar.answer();
      sidecar.host.calls.length = 0;
      if (i === 1_000) warm = sidecar.host.memorySize;
    }
    assert.equal(sidecar.host.memorySize, warm);
  });
});

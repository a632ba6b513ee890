// The short form of `npm run fuzz`: always the same requests, so that a failure comes from a change, not from chance.
import { test } from "node:test";
import { fuzz } from "../../../fuzz/fuzz.ts";
import { fuzzMetadata } from "../../../fuzz/metadata.ts";
import { lightspan } from "../sidecar.ts";

test("20,000 requests with headers of every kind come out right", async () => {
  await fuzz(lightspan, 20_000, 1);
});

test("3,000 requests with metadata of every kind come out right", async () => {
  await fuzzMetadata(lightspan, 3_000, 1);
});

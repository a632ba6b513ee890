// The surviving VMs count as lost what a failed VM leaves in the gauges. The VMs of one Envoy share data. Here each has
// its own copy of the metrics; a real Envoy adds them up.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Headers } from "../../../host/headers.ts";
import { newShared } from "../../../host/imports/shared.ts";
import { assertBalanced } from "../account.ts";
import { FRESH, OK, SAMPLED, UNSAMPLED } from "../requests.ts";
import { INBOUND, Sidecar } from "../sidecar.ts";

/** The given number of workers, each with a VM. */
async function workers(count: number): Promise<Sidecar[]> {
  const shared = newShared();
  return Promise.all(Array.from({ length: count }, (_, seed) => Sidecar.start({}, { shared, seed })));
}

/** The accounts of requests and of spans for the whole Envoy. */
function assertEnvoyBalanced(sidecars: Sidecar[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { host } of sidecars)
    for (const [name, value] of host.metrics)
      sum[name.replace("lightspan.", "")] = (sum[name.replace("lightspan.", "")] ?? 0) + value;
  const { requests = 0, requests_open = 0, spans_recorded = 0, spans_unsampled = 0 } = sum;
  const { spans_sent = 0, spans_dropped = 0, spans_buffered = 0 } = sum;
  assert.equal(requests, spans_recorded + spans_unsampled + requests_open, JSON.stringify(sum));
  assert.equal(spans_recorded, spans_sent + spans_dropped + spans_buffered, JSON.stringify(sum));
  return sum;
}

/** Runs traffic for a number of ticks. */
function work(sidecar: Sidecar, ticks: number): void {
  for (let i = 0; i < ticks; i++) {
    end(sidecar, begin(sidecar, UNSAMPLED));
    sidecar.host.now += 1000;
    sidecar.host.tick(INBOUND);
    while (sidecar.host.inFlight.length > 0) sidecar.host.answer(sidecar.host.inFlight[0]?.token ?? 0, { status: 200 });
  }
}

function begin(sidecar: Sidecar, headers: Headers = SAMPLED): number {
  const stream = sidecar.host.openStream(INBOUND);
  sidecar.host.requestHeaders(stream, headers);
  return stream;
}

function end(sidecar: Sidecar, stream: number): void {
  sidecar.host.log(stream, { properties: OK });
  sidecar.host.done(stream);
}

describe("a failed VM's part of the gauges", () => {
  it("is counted as lost once, by one of the survivors", async () => {
    const all = await workers(3);
    const [dead, ...living] = all as [Sidecar, Sidecar, Sidecar];
    for (let i = 0; i < 4; i++) end(dead, begin(dead));
    begin(dead, FRESH);
    begin(dead, UNSAMPLED);
    begin(dead, UNSAMPLED);
    dead.host.tick(INBOUND);
    assert.deepEqual([dead.count("spans_buffered"), dead.count("requests_open")], [4, 3]);
    for (let i = 0; i < 60; i++) for (const sidecar of living) work(sidecar, 1);
    const sum = assertEnvoyBalanced(all);
    assert.deepEqual([sum.spans_buffered, sum.requests_open], [0, 0]);
    assert.deepEqual([sum.spans_dropped_vm_failed, sum.spans_dropped], [5, 5]);
    const lines = living.flatMap((sidecar) => sidecar.lines("warn"));
    assert.deepEqual(lines, ["a VM of this Envoy failed: 5 spans of it counted as dropped"]);
  });

  it("is left alone while the VM lives, however busy the others are", async () => {
    const all = await workers(2);
    const [slow, busy] = all as [Sidecar, Sidecar];
    const stream = begin(slow);
    for (let i = 0; i < 200; i++) {
      work(busy, 1);
      if (i % 5 === 0) slow.host.tick(INBOUND);
    }
    assert.equal(assertEnvoyBalanced(all).requests_open, 1);
    end(slow, stream);
    assert.equal(slow.spans().length, 1);
    assert.equal(assertEnvoyBalanced(all).spans_dropped, 0);
  });

  it("is left alone as long as a living VM may be silent, however fast the others tick", async () => {
    const shared = newShared();
    const slow = await Sidecar.start({ collector: { timeout_ms: 60_000 } }, { shared, seed: 1 });
    const busy = await Sidecar.start({ buffer: { flush_interval_ms: 10 } }, { shared, seed: 2 });
    begin(slow);
    slow.host.tick(INBOUND);
    for (let i = 0; i < 200; i++) {
      end(busy, begin(busy, UNSAMPLED));
      busy.host.now += 10;
      busy.host.tick(INBOUND);
    }
    assert.equal(assertEnvoyBalanced([slow, busy]).spans_dropped, 0);
    work(busy, 100);
    assert.equal(assertEnvoyBalanced([slow, busy]).spans_dropped_vm_failed, 1, "in the end it is");
  });

  it("is counted a second time if the VM is alive after all, and both accounts still balance", async () => {
    const all = await workers(2);
    const [slow, busy] = all as [Sidecar, Sidecar];
    const stream = begin(slow);
    end(slow, begin(slow));
    slow.host.tick(INBOUND);
    work(busy, 60);
    assert.equal(assertEnvoyBalanced(all).spans_dropped_vm_failed, 2);
    work(slow, 30);
    end(slow, stream);
    work(slow, 2);
    const sum = assertEnvoyBalanced(all);
    assert.deepEqual([sum.spans_buffered, sum.requests_open, sum.spans_sent], [0, 0, 2]);
  });

  it("changes nothing if the host has no shared data", async () => {
    const sidecar = await Sidecar.start();
    sidecar.host.refuse("proxy_get_shared_data", 10);
    sidecar.host.refuse("proxy_set_shared_data", 10);
    begin(sidecar);
    work(sidecar, 50);
    assertBalanced(sidecar.host, 1);
  });

  it("is zero in the list once all is quiet", async () => {
    const shared = newShared();
    const sidecar = await Sidecar.start({}, { shared });
    sidecar.request();
    sidecar.spans();
    work(sidecar, 20);
    assert.equal(shared.values.get("lightspan.vms")?.value.length, 8);
  });
});

// The UDP ports of HTTP/3 listeners: each is free and belongs to one listener, even next to sockets that share theirs.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import test from "node:test";
import { bootstrap, socketAddress, type Config } from "../../../runner/config/bootstrap.ts";
import { reserveUdpPorts } from "../../../runner/udp.ts";

function config(...addresses: Config[]): Config {
  return bootstrap(
    { id: "x" },
    addresses.map((address) => ({ address })),
    [],
  );
}

function portsOf(config: Config): number[] {
  const { listeners } = (config as { static_resources: { listeners: { address: { socket_address: Port } }[] } })
    .static_resources;
  return listeners.map(({ address }) => address.socket_address.port_value);
}

interface Port {
  port_value: number;
}

const anyPort = socketAddress("127.0.0.1", 0, "UDP");

test("every UDP listener gets its own port, in every configuration", async (t) => {
  const many = await Promise.all(Array.from({ length: 20 }, () => reserveUdpPorts(config(anyPort, anyPort, anyPort))));
  t.after(() => many.forEach(({ release }) => release()));
  const ports = many.flatMap((each) => portsOf(each.config));
  assert.ok(ports.every((port) => port > 0));
  assert.equal(new Set(ports).size, 60);
});

test("TCP listeners, chosen ports and the caller's configuration are left unchanged", async (t) => {
  const given = config(socketAddress("127.0.0.1", 0), socketAddress("127.0.0.1", 7, "UDP"), anyPort, { pipe: {} });
  const before = structuredClone(given);
  const { config: got, release } = await reserveUdpPorts(given);
  t.after(release);
  assert.deepEqual(given, before);
  assert.deepEqual(portsOf({ static_resources: { listeners: [0, 1].map((at) => listenersOf(got)[at]) } }), [0, 7]);
});

function listenersOf(config: Config): Config[] {
  return (config.static_resources as { listeners: Config[] }).listeners;
}

test("a port is reserved for the listener, and is free again after release", async () => {
  const { config: got, release } = await reserveUdpPorts(config(anyPort));
  const [port = 0] = portsOf(got);
  const listener = createSocket("udp4");
  await once(listener.bind(port, "127.0.0.1"), "listening");
  listener.close();
  await assert.rejects(reserveAgain(port), { code: "EADDRINUSE" });
  release();
  await reserveAgain(port);
});

/** Reserves the port as every process does, and lets it go. */
async function reserveAgain(port: number): Promise<void> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  server.close();
}

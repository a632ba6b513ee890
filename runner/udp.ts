// UDP ports for HTTP/3 listeners. Envoy binds such a listener with SO_REUSEPORT, one socket for each worker. If it asked for port 0,
// the kernel could give it a port that another such listener already has, of this Envoy or of another, and the two would share its
// packets. So the port is chosen here. Knows where a listener's address stands in a bootstrap; refuses to know what listens.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import type { Config } from "./config/bootstrap.ts";

/** All processes of this project agree that listening at a TCP port of this address reserves the UDP port of that number. */
const RESERVING = "127.0.0.1";

export interface UdpPorts {
  /** The bootstrap, with a port in place of every 0 of a UDP listener. */
  config: Config;
  /** Lets others have the ports. */
  release(): void;
}

interface SocketAddress {
  protocol?: string;
  address: string;
  port_value: number;
}

interface Bootstrap {
  static_resources?: { listeners?: { address?: { socket_address?: SocketAddress } }[] };
}

/** Reserves a port for every UDP listener of `config` that is to have any port. */
export async function reserveUdpPorts(config: Config): Promise<UdpPorts> {
  // Not structuredClone: it keeps two listeners with one address object as such.
  const copy = JSON.parse(JSON.stringify(config)) as Config;
  const reserved: Server[] = [];
  for (const { address } of (copy as Bootstrap).static_resources?.listeners ?? []) {
    const at = address?.socket_address;
    if (at?.protocol !== "UDP" || at.port_value !== 0) continue;
    const { server, port } = await reserve(at.address);
    at.port_value = port;
    reserved.push(server);
  }
  return { config: copy, release: () => reserved.splice(0).forEach((server) => server.close()) };
}

/** A server that reserves a port which nobody uses at `address`. */
async function reserve(address: string): Promise<{ server: Server; port: number }> {
  for (;;) {
    const server = createServer((socket) => socket.destroy())
      .listen(0, RESERVING)
      .unref();
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    if (await isFree(address, port)) return { server, port };
    server.close();
  }
}

async function isFree(address: string, port: number): Promise<boolean> {
  try {
    (await bound(address, port)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
}

async function bound(address: string, port: number): Promise<Socket> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  try {
    socket.bind(port, address);
    await once(socket, "listening");
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

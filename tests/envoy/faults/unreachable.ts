// A port where connections are neither accepted nor refused, as behind a firewall that drops everything: a stopped
// process listens there, and its queue is full. Knows processes and sockets; refuses to know who wants to connect.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { atExit } from "../../../runner/cleanup.ts";

export interface Unreachable {
  port: number;
  stop(): void;
}

const LISTEN = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port));`;
/** Linux queues one more than the backlog. All further connections wait for a turn that never comes. */
const QUEUED = 2;
const WAITING = 2;

export async function startUnreachable(): Promise<Unreachable> {
  const child = spawn(process.execPath, ["-e", LISTEN], { stdio: ["ignore", "pipe", "inherit"] });
  const forget = atExit(() => child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(line.toString());
  child.kill("SIGSTOP");
  const sockets = Array.from({ length: QUEUED + WAITING }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await Promise.all(sockets.slice(0, QUEUED).map((socket) => once(socket, "connect")));
  return {
    port,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      child.kill("SIGKILL");
      forget();
    },
  };
}

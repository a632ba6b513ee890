// An OCI registry: the one of crane, a tool for registries that Istio's agent shares its client with. Knows crane's command
// line; refuses to know what is in an image.
import assert from "node:assert/strict";
import { run } from "../../runner/command.ts";
import { freePorts, startProgram, type Program } from "./program.ts";
import { findIstio } from "./tools.ts";

export interface Registry extends Program {
  /** `127.0.0.1:PORT` */
  host: string;
  /** Pushes the image layout in `folder`, as the documents say, under a name below `host`; the digest that it then has. */
  push(folder: string, name: string): Promise<string>;
}

/** Starts a registry that keeps images in memory, without TLS, on loopback. */
export async function startRegistry(): Promise<Registry> {
  const { crane } = await findIstio(console.error);
  const [port = 0] = await freePorts(1);
  const host = `127.0.0.1:${port}`;
  const program = await startProgram({
    name: "registry",
    command: [crane, "registry", "serve", "--address", host],
    ready: async () => (await fetch(`http://${host}/v2/`)).ok,
  });
  const ask = async (...args: string[]): Promise<string> => {
    const { code, output } = await run(crane, args, process.env);
    assert.equal(code, 0, output);
    return output.trim();
  };
  const push = async (folder: string, name: string): Promise<string> => {
    await ask("push", folder, `${host}/${name}`);
    return ask("digest", `${host}/${name}`);
  };
  return { ...program, host, push };
}

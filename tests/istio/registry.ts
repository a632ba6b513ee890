// An OCI registry: that of crane, a registry tool whose client Istio's agent also uses. Knows crane's command line;
// refuses to know what is in an image.
import assert from "node:assert/strict";
import { run } from "../../runner/command.ts";
import { freePorts, startProgram, type Program } from "./program.ts";
import { findIstio } from "./tools.ts";

export interface Registry extends Program {
  /** `127.0.0.1:PORT` */
  host: string;
  /** Pushes the image layout in `folder`, as the documents say, to a name below `host`, and returns its digest. */
  push(folder: string, name: string): Promise<string>;
}

/** Starts a registry on loopback, without TLS, that keeps images in memory. */
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

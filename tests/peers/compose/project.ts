// envoy/docker-compose.yaml as docker compose understands it. Knows the parts of the compose specification that the
// file uses; refuses to know what is in the containers.
import { fileURLToPath } from "node:url";
import { run } from "../../../runner/command.ts";
import { goProgram } from "../go/build.ts";

export const composeFile = fileURLToPath(new URL("../../../envoy/docker-compose.yaml", import.meta.url));

export interface Service {
  image: string;
  command: string[] | null;
  environment?: Record<string, string>;
  /** `service:NAME` for another service's network. */
  network_mode?: string;
  volumes?: { type: string; source: string; target: string }[];
  ports?: { published: string; target: number; host_ip?: string }[];
}

export type Services = Record<string, Service>;

/** The services that `docker compose up` would start with these variables. Throws ToolMissing without Go. */
export async function composeServices(environment: Record<string, string> = {}): Promise<Services> {
  const env = { ...process.env, COMPOSE_PROFILES: undefined, LIGHTSTEP_ACCESS_TOKEN: undefined, ...environment };
  const { code, output } = await run(await goProgram("compose"), [composeFile], env);
  if (code !== 0) throw new Error(`${composeFile} is refused:\n${output}`);
  return (JSON.parse(output) as { services: Services }).services;
}

/** The service whose network a service uses: its own or another's. */
export function networkOf(name: string, { network_mode: mode }: Service): string {
  return mode?.startsWith("service:") ? mode.slice("service:".length) : name;
}

// Runs the services of docker-compose.yaml without a container engine: each network is a loopback address, names
// resolve to addresses, and mounted files exist. Envoy and the Collector are the real programs. Our own Bookinfo stands
// in for Istio's images: it answers the same paths on the same port, and reads the same variables.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { serve, type App, type RunningApp } from "../../../demo/apps/app.ts";
import { appOf } from "../../../demo/bookinfo.ts";
import { workload } from "../../../demo/topology.ts";
import type { Config } from "../../../runner/config/bootstrap.ts";
import type { Endpoint } from "../../../runner/config/cluster.ts";
import { startEnvoy, type EnvoyProcess } from "../../../runner/process.ts";
import { envoyBinary } from "../../envoy/ground.ts";
import { goProgram } from "../go/build.ts";
import { startProgram, type Program } from "../program.ts";
import { networkOf, type Service, type Services } from "./project.ts";

/** Istio's images do not know the header `b3`, which our Bookinfo passes on; contract.test.ts compares the rest. */
function withoutB3(app: App): App {
  return ({ method, url, headers }, call) => app({ method, url, headers: { ...headers, b3: undefined } }, call);
}

/** Endpoints outside the containers, or provided by the test, by authority, such as `jaeger:4318`. */
export type Elsewhere = Record<string, Endpoint>;

export class Containers {
  readonly envoys: EnvoyProcess[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), "lightspan-compose-"));
  private readonly apps: RunningApp[] = [];
  private readonly programs: Program[] = [];
  private readonly addresses = new Map<string, string>();

  /** `block` separates several instances: 127.0.BLOCK.x. */
  constructor(
    private readonly services: Services,
    private readonly elsewhere: Elsewhere,
    /** Path of the authorities that Envoy trusts, instead of the image's. */
    private readonly ca: string,
    block: number,
  ) {
    const networks = new Set(Object.entries(services).map(([name, service]) => networkOf(name, service)));
    for (const network of networks) this.addresses.set(network, `127.0.${block}.${this.addresses.size + 1}`);
  }

  /** The services whose image has `part` in its name. */
  named(part: string): [name: string, service: Service][] {
    return Object.entries(this.services).filter(([, { image }]) => image.includes(part));
  }

  /** The address of the network that a service is in. */
  addressOf(name: string): string {
    const service = this.services[name];
    const address = service && this.addresses.get(networkOf(name, service));
    if (address === undefined) throw new Error(`no container ${name}`);
    return address;
  }

  /** The arguments of an Envoy's command, and the local path of its configuration. */
  envoyCommand(name: string, { command }: Service): { config: string; more: string[] } {
    const [flag, path, ...more] = command ?? [];
    if (flag !== "-c" || path === undefined) throw new Error(`the command of ${name} is ${command}`);
    return { config: this.inside(name, path), more };
  }

  /** Starts all services: the applications, then the Collector, then the Envoys. */
  async start(): Promise<void> {
    for (const [name, service] of this.named("examples-bookinfo-")) this.apps.push(await this.startApp(name, service));
    for (const [name] of this.named("opentelemetry-collector")) this.programs.push(await this.startCollector(name));
    for (const [name, service] of this.named("envoyproxy/envoy")) {
      const { config, more } = this.envoyCommand(name, service);
      const binary = await envoyBinary;
      const options = { binary, name, config: parse(readFileSync(config, "utf8")) as Config, extraArgs: more };
      this.envoys.push(await startEnvoy({ ...options, env: service.environment }));
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.envoys.map((envoy) => envoy.stop()));
    await Promise.all(this.programs.map((program) => program.stop()));
    await Promise.all(this.apps.map((app) => app.close()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private startApp(name: string, { environment = {} }: Service): Promise<RunningApp> {
    return serve(
      withoutB3(appOf(workload(name), 0)),
      this.addressOf(name),
      (service) => {
        const variable = service.toUpperCase();
        const authority = `${environment[`${variable}_HOSTNAME`]}:${environment[`${variable}_SERVICE_PORT`]}`;
        return { ...this.resolve(name, authority), authority };
      },
      9080,
    );
  }

  private async startCollector(name: string): Promise<Program> {
    const config = this.inside(name, "/etc/otelcol-contrib/config.yaml");
    return startProgram([await goProgram("otelcol"), "--config", config], {}, (line) =>
      line.includes("Everything is ready") ? true : undefined,
    );
  }

  /** The local path of the file that the container `name` sees at `path`. */
  private inside(name: string, path: string): string {
    const own = join(this.folder, name);
    mkdirSync(own, { recursive: true });
    for (const { source, target } of this.services[name]?.volumes ?? []) {
      if (statSync(source).isDirectory()) {
        mkdirSync(join(own, basename(target)), { recursive: true });
        for (const file of readdirSync(source))
          this.mount(name, join(source, file), `${target}/${file}`, join(own, basename(target), file));
      } else this.mount(name, source, target, join(own, basename(target)));
    }
    return this.localPath(name, path);
  }

  private mount(name: string, source: string, target: string, to: string): void {
    const isText = target.endsWith(".yaml");
    writeFileSync(to, isText ? this.translate(name, readFileSync(source, "utf8")) : readFileSync(source));
  }

  /** Replaces the paths of mounted files, and addresses, by local ones. */
  private translate(name: string, text: string): string {
    return text
      .replace(/\/etc\/envoy\/[\w./-]+/g, (path) => this.localPath(name, path))
      .replace(/\/etc\/ssl\/certs\/ca-certificates\.crt/g, this.ca)
      .replace(/address: ([\w.-]+), port_value: (\d+)/g, (_, host: string, port: string) => {
        const found = this.resolve(name, `${host}:${port}`);
        return `address: ${found.host}, port_value: ${found.port}`;
      })
      .replace(/(endpoint: (?:http:\/\/)?)([\w.-]+:\d+)/g, (_, before: string, authority: string) => {
        const found = this.resolve(name, authority);
        return `${before}${found.host}:${found.port}`;
      });
  }

  private localPath(name: string, path: string): string {
    const root = this.services[name]?.image.includes("envoy") ? "/etc/envoy/" : "/etc/otelcol-contrib/";
    return join(this.folder, name, path.slice(root.length));
  }

  /** Where `authority` leads from inside the container `name`. */
  private resolve(name: string, authority: string): Endpoint {
    const outside = this.elsewhere[authority];
    if (outside !== undefined) return outside;
    const [host = "", port] = authority.split(":");
    const isSelf = host === "0.0.0.0" || host === "127.0.0.1";
    return { host: this.addressOf(isSelf ? name : host), port: Number(port) };
  }
}

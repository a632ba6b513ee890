// The measured Envoys' upstream: one more Envoy, which answers `ok` itself.
import { bootstrap } from "../../runner/config/bootstrap.ts";
import { httpListener } from "../../runner/config/listener.ts";
import { startEnvoy, type EnvoyProcess } from "../../runner/process.ts";

export interface Upstream {
  envoy: EnvoyProcess;
  port: number;
}

export async function startUpstream(binary: string): Promise<Upstream> {
  const route = { match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: "ok" } } };
  const listener = httpListener({
    name: "upstream",
    address: "127.0.0.1",
    port: 0,
    direction: "UNSPECIFIED",
    routeName: "upstream",
    virtualHosts: [{ name: "all", domains: ["*"], routes: [route] }],
    filters: [],
  });
  const config = bootstrap({ id: "upstream", cluster: "upstream" }, [listener], []);
  const envoy = await startEnvoy({ binary, name: "upstream", config, logLevel: "error" });
  return { envoy, port: await envoy.listenerPort("upstream") };
}

// Reads an Envoy's configuration from its own dump. Knows the dump's structure; refuses to know what should be in it.

/** An Envoy's admin interface: `http://127.0.0.1:PORT` */
interface Admin {
  admin: string;
}

export interface ConnectionManager {
  /** The listener's INBOUND or OUTBOUND. */
  direction: string;
  /** Names of the HTTP filters, in order. */
  filters: string[];
  /** Whether Envoy itself does anything about traces, even if it only marks request ids. */
  tracing: boolean;
}

export interface Extension {
  name: string;
  /** The filter's type, without its package. */
  type: string;
  vmId: string | undefined;
  /** The module's file. */
  filename: string | undefined;
}

interface Manager {
  "@type": string;
  http_filters?: { name: string }[];
  tracing?: unknown;
}

interface Listener {
  traffic_direction?: string;
  filter_chains?: Chain[];
  default_filter_chain?: Chain;
}

interface Chain {
  filters?: { typed_config: Manager }[];
}

/** Every HTTP connection manager of the active listeners. */
export async function connectionManagers(envoy: Admin): Promise<ConnectionManager[]> {
  const states = await dump<{ active_state?: { listener: Listener } }>(envoy, "dynamic_listeners");
  return states.flatMap(({ active_state }) => {
    if (active_state === undefined) return [];
    const { traffic_direction = "UNSPECIFIED", filter_chains = [], default_filter_chain } = active_state.listener;
    const chains = default_filter_chain === undefined ? filter_chains : [...filter_chains, default_filter_chain];
    return chains
      .flatMap(({ filters = [] }) => filters.map(({ typed_config }) => typed_config))
      .filter((config) => config["@type"].endsWith(".HttpConnectionManager"))
      .map(({ http_filters = [], tracing }) => ({
        direction: traffic_direction,
        filters: http_filters.map(({ name }) => name),
        tracing: tracing !== undefined,
      }));
  });
}

interface WasmConfig {
  vm_config?: { vm_id?: string; code?: { local?: { filename?: string } } };
}

/** The filters that arrived by extension configuration discovery. */
export async function extensions(envoy: Admin): Promise<Extension[]> {
  const answer = await fetch(`${envoy.admin}/config_dump`);
  const { configs } = (await answer.json()) as { configs: { "@type": string; ecds_filters?: unknown[] }[] };
  const found = configs.find((config) => config["@type"].endsWith(".EcdsConfigDump"))?.ecds_filters ?? [];
  return (found as { ecds_filter: { name: string; typed_config: { "@type": string; config?: WasmConfig } } }[]).map(
    ({ ecds_filter: { name, typed_config } }) => ({
      name,
      type: typed_config["@type"].slice(typed_config["@type"].lastIndexOf(".") + 1),
      vmId: typed_config.config?.vm_config?.vm_id,
      filename: typed_config.config?.vm_config?.code?.local?.filename,
    }),
  );
}

/** Whether Envoy speaks HTTP/2 to this cluster and, over TLS, offers it; undefined if there is no such cluster. */
export async function speaksHttp2(envoy: Admin, cluster: string): Promise<boolean | undefined> {
  interface Cluster {
    name: string;
    typed_extension_protocol_options?: object;
    transport_socket?: { typed_config: { common_tls_context: { alpn_protocols?: string[] } } };
  }
  const clusters = await dump<{ cluster: Cluster }>(envoy, "dynamic_active_clusters");
  const found = clusters.find(({ cluster: { name } }) => name === cluster)?.cluster;
  if (found === undefined) return undefined;
  const { typed_extension_protocol_options: options = {}, transport_socket: tls } = found;
  const offered = tls === undefined || tls.typed_config.common_tls_context.alpn_protocols?.includes("h2");
  return JSON.stringify(options).includes('"http2_protocol_options"') && offered === true;
}

async function dump<T>(envoy: Admin, resource: string): Promise<T[]> {
  const answer = await fetch(`${envoy.admin}/config_dump?resource=${resource}`);
  return ((await answer.json()) as { configs?: T[] }).configs ?? [];
}

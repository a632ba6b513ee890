// The outer shell of a static Envoy configuration. Knows which parts a bootstrap has; refuses to know what is in them.

/** A piece of Envoy v3 configuration, in the JSON form of its protobuf message. */
export type Config = Record<string, unknown>;

/** A whole Envoy configuration from its parts; `more` adds top-level fields. */
export function bootstrap(node: Config, listeners: Config[], clusters: Config[], more: Config = {}): Config {
  return { node, static_resources: { listeners, clusters }, ...more };
}

/** An address with a port, as Envoy writes it. */
export function socketAddress(address: string, port: number, protocol: "TCP" | "UDP" = "TCP"): Config {
  return { socket_address: { address, port_value: port, ...(protocol === "TCP" ? {} : { protocol }) } };
}

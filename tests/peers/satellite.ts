// The satellite as one of the collectors: the only one that takes every format.
import { startSatellite } from "../../satellite/server.ts";
import type { Peer } from "./peer.ts";

/** With `forward`, it passes what it accepts on to the collector at that URL. */
export async function startOwn(forward?: string): Promise<Peer> {
  const satellite = await startSatellite({ forward });
  const { counts, store } = satellite;
  return {
    portOf(format, transport) {
      if (transport === "http") return satellite.port;
      return format === "zipkin" ? undefined : satellite.grpcPort;
    },
    received() {
      const spans = store.list().flatMap((trace) => trace.spans);
      const ofNobody = { reporterTags: {}, hasAccessToken: false };
      const reports = spans.map((span) => ({ ...ofNobody, ...span, spans: [span] }));
      return Promise.resolve(reports);
    },
    manner: () => ({
      tokenInHeader: counts.tokensSeen.header === counts.reports,
      tokenInBody: counts.tokensSeen.body === counts.reports,
    }),
    stop: () => satellite.close(),
  };
}

// Sends generated requests through the compiled module in the mock host and checks each against the reference. Stops at
// the first failure, with all that is needed to reproduce it.
import { Host } from "../host/host.ts";
import type { Header } from "../host/headers.ts";
import type { Properties } from "../host/properties.ts";
import { Random } from "../host/random.ts";
import { Generator } from "./generate.ts";
import { judge, SETTINGS } from "./judge.ts";
import { extract } from "./reference.ts";

const CLUSTER = "collector";
/** The counters are checked, and reports answered, once in so many requests. */
const ROUND = 500;

const USUAL: Header[] = [
  [":method", "GET"],
  [":path", "/"],
  [":authority", "reviews"],
  ["user-agent", "fuzz"],
];

const PATHS = [
  ...["request\0time", "request\0duration", "request\0total_size", "request\0protocol", "response\0code"],
  ...["response\0flags", "response\0size", "response\0backend_latency", "source\0address", "xds\0cluster_name"],
  ...["xds\0listener_direction", "xds\0cluster_metadata\0filter_metadata\0istio\0services\x000\0host"],
];

/** Attributes that Envoy may have when a stream ends, of any size and content; some are absent. */
function attributes(random: Random): Properties {
  const known = PATHS.filter(() => !random.once(8));
  const sizes = [0, 1, 8, 8, 8, 20];
  return new Map(known.map((path) => [path, Buffer.from(random.bytes(random.pick(sizes)), "latin1")]));
}

/** Runs `cases` requests, spread over all settings; throws at the first failure. */
export async function fuzz(
  module: Uint8Array,
  cases: number,
  seed: number,
  progress: (done: number) => void = () => undefined,
): Promise<void> {
  const perSetting = Math.ceil(cases / SETTINGS.length);
  let done = 0;
  for (const setting of SETTINGS) {
    const host = await Host.load(module, { clusters: [CLUSTER], seed });
    const random = new Random(seed + done);
    const generator = new Generator(random);
    if (!host.configure(1, JSON.stringify({ collector: { cluster: CLUSTER }, ...setting.config }))) {
      throw new Error(host.logs.at(-1)?.text);
    }
    let malformed = 0;
    for (let i = 0; i < perSetting; i++) {
      const arrived = [...USUAL, ...generator.headers()];
      const tell = (what: string): never => {
        const request = JSON.stringify(arrived, null, 1);
        throw new Error(`seed ${seed}, setting "${setting.name}", request ${i}: ${what}\narrived: ${request}`);
      };
      try {
        const stream = host.openStream(1);
        const out = host.requestHeaders(stream, arrived);
        const complaints = judge(arrived, out, setting);
        if (complaints.length > 0) tell(`${complaints.join("; ")}\nleft: ${JSON.stringify(out, null, 1)}`);
        const properties = attributes(random);
        // HTTP/3 streams end without a log.
        if (!random.once(3)) host.log(stream, { properties });
        host.done(stream, properties);
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) tell(`the module trapped: ${error.message}`);
        throw error;
      }
      if (extract(arrived, setting.extract).malformed) malformed++;
      if (i % ROUND === ROUND - 1 || i === perSetting - 1) {
        host.tick(1);
        for (const call of host.inFlight) host.answer(call.token, { status: 200 });
        host.calls.length = 0;
        const count = (name: string): number => host.metrics.get(`lightspan.${name}`) ?? 0;
        const ended = count("spans_recorded") + count("spans_unsampled");
        if (count("requests") !== i + 1 || ended !== i + 1 || count("requests_open") !== 0)
          tell(`${count("requests")} requests counted, ${ended} ended, ${count("requests_open")} open`);
        const counted = count("context_malformed");
        if (counted !== malformed) tell(`${counted} malformed contexts counted, ${malformed} came`);
        progress(done + i + 1);
      }
    }
    done += perSetting;
  }
}

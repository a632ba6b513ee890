// All wire formats. Each has its paths, content type, resource and bytes in a file of its own; this file lists them.
import { LIGHTSTEP, OTLP, Settings } from "../config/settings";
import { Format } from "./format";
import { Lightstep } from "./lightstep";
import { Otlp } from "./otlp";
import { Reporter } from "./reporter";
import { Zipkin } from "./zipkin";

export function formatFor(settings: Settings, reporter: Reporter): Format {
  if (settings.protocol === LIGHTSTEP) return Lightstep.of(settings.isGrpc, reporter);
  if (settings.protocol === OTLP) return Otlp.of(settings.isGrpc, reporter);
  return Zipkin.of(reporter);
}

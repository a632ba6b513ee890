// One message on its way from a connection to the store and to another collector. Only its shape is here.

import type { Transport } from "../store/report.ts";
import type { Format } from "./formats.ts";

/** A message, already uncompressed. `token` is the access token from its header or metadata, if it had one. */
export interface Arrival {
  format: Format;
  transport: Transport;
  body: Uint8Array;
  token: string | undefined;
}

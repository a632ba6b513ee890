// Seeds the ids of this VM. Random bits alone would do, but a host may deny them, and a sequence that begins with zeros
// would be the same in every worker of every Envoy. So everything that makes two VMs differ is always stirred in too:
// the clock, the node's id, and, with the first stream, the client's address and its connection's number. Two Envoys
// differ in their node, and two workers of one Envoy never share a connection number.
import { allocate } from "../bytes/arena";
import { Fixed } from "../bytes/fixed";
import { Slice, text } from "../bytes/slice";
import { seed, stir, stirBytes } from "../context/ids";
import { nowNanos } from "../host/clock";
import { readProperty } from "../host/properties";
import { fillRandom } from "../host/random";

const NODE_ID: Slice = text("xds\0node\0id");
const CONNECTION_ID: Slice = text("connection\0id");
const SOURCE_ADDRESS: Slice = text("source\0address");
const SEED_SIZE: u32 = 16;

const value = Fixed.record<Slice>();
let hasStirredStream: bool = false;

function stirProperty(path: Slice): void {
  if (readProperty(path, value)) stirBytes(value.at, value.size);
}

/** Seeds the ids at the first configuration, that of the root context `root`. False if the host gave no random bits. */
export function seedIds(root: u32): bool {
  let at = allocate(SEED_SIZE);
  memory.fill(at, 0, SEED_SIZE);
  let isRandom = fillRandom(at, SEED_SIZE);
  seed(load<u64>(at), load<u64>(at + 8));
  stir(nowNanos());
  stir(root);
  stirProperty(NODE_ID);
  // Envoy's clock tells microseconds, and two workers are hardly ever equally quick twice.
  stir(nowNanos());
  return isRandom;
}

/** Stirs in what the first stream brings, before it gets an id. To be called for every stream; the others change nothing. */
export function stirFirstStream(): void {
  if (hasStirredStream) return;
  hasStirredStream = true;
  stir(nowNanos());
  stirProperty(CONNECTION_ID);
  stirProperty(SOURCE_ADDRESS);
}

// Finds VMs that failed, and writes off their part of the gauges, which would otherwise count as buffered and open for ever.
// Envoy doesn't tell the other VMs, or say on which worker a VM runs. So each VM with a part in the gauges is in a list in
// shared data, with that part, a beat that grows with each tick, and its patience: how long the beat may stand still. If a
// beat stands still for longer while another VM ticks, its VM has failed; the VM that takes it off the list counts its part
// as lost. Time alone proves nothing: a machine that slept wakes all its workers at once.
import { allocate } from "../bytes/arena";
import { Fixed } from "../bytes/fixed";
import { swapRemove } from "../bytes/list";
import { over, Slice, text } from "../bytes/slice";
import { nextId } from "../context/ids";
import { nowMs } from "../host/clock";
import { warn } from "../host/log";
import { publishAll } from "../host/metrics";
import { readShared, writeShared } from "../host/shared";
import { OK } from "../host/status";
import * as counters from "./counters";
import { some } from "./notice";

/** 8 bytes of padding, since the host has no empty values, and the 8-byte id of each VM. */
const LIST_KEY: Slice = text("lightspan.vms");
const HEAD: u32 = 8;
/** Further VMs are not watched. */
const MOST_LISTED: u32 = 512;

/** Followed by the 8-byte id of the VM. */
const PREFIX: Slice = text("lightspan.vm.");
const RECORD: u32 = 20;

/** Ticks from one look at the list to the next, and looks after which a VM whose beat stands still has failed. */
const TICKS_OF_LOOK: u32 = 10;
const LOOKS: u32 = 3;

/** [beat u32][buffered u32][open and sampled u32][open and not sampled u32][patience u32] */
@unmanaged
class Part {
  beat: u32 = 0;
  buffered: u32 = 0;
  sampled: u32 = 0;
  unsampled: u32 = 0;
  /** While the VM lives, its beat never stands still for longer than this. Milliseconds. */
  patience: u32 = 0;
}

/** Another VM, and since when its beat has stood still. */
class Other {
  looks: u32 = 0;
  isListed: bool = true;

  constructor(
    readonly id: u64,
    public beat: u32,
    /** When the beat was first seen; milliseconds. */
    public since: u64,
  ) {}
}

const own = Fixed.record<Part>();
const key: Slice = over(heap.alloc(PREFIX.size + 8), PREFIX.size + 8);
const scratch: usize = heap.alloc(HEAD + MOST_LISTED * 8);
const value = Fixed.record<Slice>();
const found = Fixed.record<Part>();
let self: u64 = 0;
let isListed: bool = false;
let ticks: u32 = 0;
let others: Other[] = [];

function keyOf(id: u64): Slice {
  memory.copy(key.at, PREFIX.at, PREFIX.size);
  store<u64>(key.at + PREFIX.size, id);
  return key;
}

/** Makes the list if there is none. Each VM calls it once. */
export function ensureList(): void {
  store<u64>(scratch, 0);
  // The first VM of an Envoy is the main thread's, so no worker does the same at the same time. Without a list, no VM is watched.
  if (readShared(LIST_KEY, value) === 0) writeShared(LIST_KEY, scratch, HEAD, 0);
}

/** Reads the list into `scratch` and returns its version, or 0 if there is none. `value.size` is its size. */
function readList(): u32 {
  let version = readShared(LIST_KEY, value);
  if (version === 0 || value.size < HEAD || value.size > HEAD + MOST_LISTED * 8) return 0;
  memory.copy(scratch, value.at, value.size);
  return version;
}

/** The address of the VM `id` in the list that was just read, which ends at `end`; 0 if it is not there. */
function placeIn(end: usize, id: u64): usize {
  for (let at = scratch + HEAD; at < end; at += 8) if (load<u64>(at) === id) return at;
  return 0;
}

/** Like placeIn(), but reads the list first. */
function placeOf(id: u64): usize {
  return readList() === 0 ? 0 : placeIn(scratch + value.size, id);
}

/** Adds the VM `id` to the list or removes it, as `wanted`; true if this call changed the list. */
function setListed(id: u64, wanted: bool): bool {
  // Another VM may change the list at the same time: the loser tries again.
  for (let tries = 0; tries < 8; tries++) {
    let version = readList();
    if (version === 0) return false;
    let end = scratch + value.size;
    let at = placeIn(end, id);
    if ((at !== 0) === wanted || (wanted && value.size === HEAD + MOST_LISTED * 8)) return false;
    if (wanted) store<u64>(end, id);
    else store<u64>(at, load<u64>(end - 8));
    if (writeShared(LIST_KEY, scratch, wanted ? value.size + 8 : value.size - 8, version) === OK) return true;
  }
  return false;
}

/** From now on, up to `ms` may pass between two calls of publish(). */
export function expectSilence(ms: u32): void {
  own.patience = max(own.patience, ms);
}

/** Brings Envoy's stats up to date, and this VM's part of the gauges that the other VMs see. */
export function publish(): void {
  if (isListed && placeOf(self) === 0) comeBack();
  publishAll();
  own.buffered = <u32>counters.spansBuffered.own;
  own.sampled = counters.sampledOpen;
  own.unsampled = <u32>counters.requestsOpen.own - own.sampled;
  let hasPart = (own.buffered | own.sampled | own.unsampled) !== 0;
  // Not before the first stream, which makes this VM's ids differ from other VMs' even without random bits.
  if (hasPart && self === 0) self = nextId();
  if (hasPart !== isListed && setListed(self, hasPart)) isListed = hasPart;
  // A VM that could not be removed from the list says that its part is nothing.
  if (!hasPart && !isListed) return;
  // If the host refuses a write, the next publish() writes again; the other VMs allow for several.
  own.beat++;
  writeShared(keyOf(self), changetype<usize>(own), RECORD, 0);
}

/** Called at each tick: looks now and then whether another VM has failed, and writes off its part. */
export function lookForFailed(): void {
  if (++ticks % TICKS_OF_LOOK !== 0 || readList() === 0) return;
  let size = value.size;
  for (let i = 0; i < others.length; i++) others[i].isListed = false;
  // A look may read the list again.
  let list = allocate(size);
  memory.copy(list, scratch, size);
  for (let at = HEAD; at < size; at += 8) {
    let id = load<u64>(list + at);
    if (id !== self) look(id);
  }
  for (let i = others.length - 1; i >= 0; i--) if (!others[i].isListed) swapRemove(others, i);
}

function look(id: u64): void {
  if (readShared(keyOf(id), value) === 0 || value.size !== RECORD) return;
  memory.copy(changetype<usize>(found), value.at, RECORD);
  let now = nowMs();
  let other = otherOf(id, now);
  other.isListed = true;
  if (other.beat !== found.beat) {
    other.beat = found.beat;
    other.since = now;
    other.looks = 0;
  } else if (++other.looks > LOOKS && now > other.since + found.patience && setListed(id, false)) writeOff();
}

function otherOf(id: u64, now: u64): Other {
  for (let i = 0; i < others.length; i++) if (others[i].id === id) return others[i];
  let other = new Other(id, found.beat, now);
  others.push(other);
  return other;
}

/** Counts the part in `found` as lost, and takes it out of the gauges. */
function writeOff(): void {
  let lost = found.buffered + found.sampled;
  if ((lost | found.unsampled) === 0) return;
  counters.spansBuffered.correct(-(<i64>found.buffered));
  counters.requestsOpen.correct(-(<i64>(found.sampled + found.unsampled)));
  counters.spansUnsampled.add(found.unsampled);
  counters.spansRecorded.add(found.sampled);
  counters.spansDropped.add(lost);
  counters.VM_FAILED.count.add(lost);
  warn("a VM of this Envoy failed: " + some(lost, "span") + " of it counted as dropped");
}

/** This VM was taken for a failed one by mistake: its part is counted a second time, so that both accounts balance. */
function comeBack(): void {
  isListed = false;
  counters.spansRecorded.add(own.buffered);
  counters.spansBuffered.correct(own.buffered);
  counters.requests.add(own.buffered + own.sampled + own.unsampled);
  counters.requestsOpen.correct(own.sampled + own.unsampled);
}

// The probe: a filter that does what its configuration says, callback by callback, and logs the host's answers. It
// knows the ABI and nothing of Lightspan; the test decides which questions to ask.
//
// A line of the configuration is `callback verb arguments`; with `callback?mood` it counts only for streams whose request
// header `x-probe` has that mood. Each callback of a stream is one line in the log:
// `probe <plugin> <context> <callback> | <verb> <arguments> = <answer> | …`.
import * as host from "@solo-io/proxy-runtime/assembly/imports";
import { random_get } from "./wasi_snapshot_preview1";

const at: usize = heap.alloc(4);
const size: usize = heap.alloc(4);
const number: usize = heap.alloc(8);

/** Lines of a configuration, by root context. */
const scripts = new Map<u32, string[]>();
const roots = new Map<u32, u32>();
const moods = new Map<u32, string>();
const metrics = new Map<string, u32>();

// --- Called by Envoy.

export function malloc(bytes: usize): usize {
  return heap.alloc(bytes);
}

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_context_create(context: u32, root: u32): void {
  if (root === 0) return;
  roots.set(context, root);
  run(context, "create");
}

export function proxy_on_vm_start(_root: u32, _bytes: u32): u32 {
  return 1;
}

export function proxy_on_configure(root: u32, bytes: u32): u32 {
  if (bytes > 0 && host.proxy_get_buffer_bytes(7, 0, bytes, at, size) === 0) scripts.set(root, result().split("\n"));
  roots.set(root, root);
  run(root, "configure");
  return 1;
}

export function proxy_on_request_headers(context: u32, _headers: u32, _end: u32): u32 {
  let name = String.UTF8.encode("x-probe");
  if (host.proxy_get_header_map_value(0, changetype<usize>(name), name.byteLength, at, size) === 0) {
    moods.set(context, result());
  }
  run(context, "rh");
  return 0;
}

export function proxy_on_response_headers(context: u32, _headers: u32, _end: u32): u32 {
  run(context, "sh");
  return 0;
}

export function proxy_on_log(context: u32): void {
  run(context, "log");
}

export function proxy_on_done(context: u32): u32 {
  run(context, "done");
  return 1;
}

export function proxy_on_delete(context: u32): void {
  run(context, "delete");
}

export function proxy_on_tick(root: u32): void {
  run(root, "tick");
}

export function proxy_on_http_call_response(_root: u32, _token: u32, _headers: u32, _body: u32, _trailers: u32): void {}

// --- Driven by the configuration.

function run(context: u32, callback: string): void {
  let root = roots.has(context) ? roots.get(context) : 0;
  if (!scripts.has(root)) return;
  let script = scripts.get(root);
  let mood = moods.has(context) ? moods.get(context) : "";
  let line = "";
  let isWanted = false;
  for (let i = 0; i < script.length; i++) {
    let words = script[i].split(" ");
    let when = words[0].split("?");
    if (when[0] !== callback || (when.length > 1 && when[1] !== mood)) continue;
    isWanted = true;
    let verb = words.length > 1 ? words[1] : "";
    // A trap doesn't log a line by itself.
    if (verb === "trap") say("probe " + script[0] + " " + context.toString() + " " + callback + line + " | trap");
    if (verb !== "") line += " | " + words.slice(1).join(" ") + " = " + perform(verb, words.slice(2));
  }
  if (isWanted) say("probe " + script[0] + " " + context.toString() + " " + callback + line);
}

function perform(verb: string, words: string[]): string {
  let a = words.length > 0 ? words[0] : "";
  let b = words.length > 1 ? words[1] : "";
  let rest = words.slice(1).join(" ");
  // Each text is kept in a variable, because the host gets its address.
  let all = String.UTF8.encode(words.join(" "));
  let first = String.UTF8.encode(a);
  let second = String.UTF8.encode(b);
  let others = String.UTF8.encode(rest);
  let nothing = changetype<usize>(all);

  if (verb === "map") {
    let status = host.proxy_get_header_map_pairs(I32.parseInt(a), at, size);
    if (status !== 0) return refusal(status);
    return load<u32>(size) === 0 ? "0 bytes" : load<u32>(load<usize>(at)).toString();
  }
  if (verb === "header") {
    let map = I32.parseInt(a);
    return answer(host.proxy_get_header_map_value(map, changetype<usize>(second), second.byteLength, at, size));
  }
  if (verb === "replace" || verb === "remove") {
    let value = String.UTF8.encode(words.length > 2 ? words[2] : "");
    let map = I32.parseInt(a);
    let name = changetype<usize>(second);
    if (verb === "remove") return refusal(host.proxy_remove_header_map_value(map, name, second.byteLength));
    return refusal(
      host.proxy_replace_header_map_value(map, name, second.byteLength, changetype<usize>(value), value.byteLength),
    );
  }
  if (verb === "get") {
    let path = String.UTF8.encode(a.split(".").join("\0"));
    return answer(host.proxy_get_property(changetype<usize>(path), path.byteLength, at, size));
  }
  if (verb === "state") {
    let value = changetype<usize>(others);
    return refusal(host.proxy_set_property(changetype<usize>(first), first.byteLength, value, others.byteLength));
  }
  if (verb === "cel") return evaluate(all);
  if (verb === "shared-get") {
    return answer(host.proxy_get_shared_data(changetype<usize>(first), first.byteLength, at, size, number));
  }
  if (verb === "shared-set") {
    let value = changetype<usize>(others);
    return refusal(host.proxy_set_shared_data(changetype<usize>(first), first.byteLength, value, others.byteLength, 0));
  }
  if (verb === "gauge") {
    let status = host.proxy_define_metric(1, changetype<usize>(first), first.byteLength, number);
    metrics.set(a, load<u32>(number));
    return refusal(status);
  }
  if (verb === "increment") return refusal(host.proxy_increment_metric(metric(a), I64.parseInt(b)));
  if (verb === "metric") {
    let status = host.proxy_get_metric(metric(a), number);
    return status === 0 ? load<u64>(number).toString() : refusal(status);
  }
  if (verb === "call") {
    let path = words.length > 1 ? b : "/";
    let pairs = encodePairs([":method", "GET", ":path", path, ":authority", "probe"]);
    let bytes = pairs.byteLength;
    let name = changetype<usize>(first);
    return refusal(
      host.proxy_http_call(name, first.byteLength, changetype<usize>(pairs), bytes, nothing, 0, nothing, 0, 5000, at),
    );
  }
  if (verb === "tick") return refusal(host.proxy_set_tick_period_milliseconds(U32.parseInt(a)));
  if (verb === "time") return refusal(host.proxy_get_current_time_nanoseconds(number));
  if (verb === "random") return refusal(random_get(number, 8));
  if (verb === "trap") unreachable();
  return "unknown verb";
}

function evaluate(cel: ArrayBuffer): string {
  let create = String.UTF8.encode("expr_create");
  let name = changetype<usize>(create);
  let status = host.proxy_call_foreign_function(
    name,
    create.byteLength,
    changetype<usize>(cel),
    cel.byteLength,
    at,
    size,
  );
  if (status !== 0) return "not compiled, " + refusal(status);
  let token = load<usize>(at);
  let ask = String.UTF8.encode("expr_evaluate");
  let outcome = answer(
    host.proxy_call_foreign_function(changetype<usize>(ask), ask.byteLength, token, load<u32>(size), at, size),
  );
  let drop = String.UTF8.encode("expr_delete");
  host.proxy_call_foreign_function(changetype<usize>(drop), drop.byteLength, token, 4, at, size);
  return outcome;
}

function metric(name: string): u32 {
  return metrics.has(name) ? metrics.get(name) : u32.MAX_VALUE;
}

// --- From bytes to words.

function refusal(status: u32): string {
  return status === 0 ? "ok" : "status " + status.toString();
}

/** A quoted text, or else the number in eight bytes, or else the count of bytes. */
function answer(status: u32): string {
  if (status !== 0) return refusal(status);
  let bytes = load<u32>(size);
  if (bytes === 0) return "empty";
  let from = load<usize>(at);
  for (let i: u32 = 0; i < bytes; i++) {
    let byte = load<u8>(from + i);
    if (byte >= 0x20 && byte < 0x7f) continue;
    return bytes === 8 ? load<u64>(from).toString() : bytes.toString() + " bytes";
  }
  return '"' + result() + '"';
}

function result(): string {
  return String.UTF8.decodeUnsafe(load<usize>(at), load<u32>(size));
}

function encodePairs(words: string[]): ArrayBuffer {
  let bytes = 4;
  for (let i = 0; i < words.length; i++) bytes += 4 + String.UTF8.byteLength(words[i]) + 1;
  let buffer = new ArrayBuffer(bytes);
  let start = changetype<usize>(buffer);
  store<u32>(start, words.length >> 1);
  let sizes = start + 4;
  let place = sizes + words.length * 4;
  for (let i = 0; i < words.length; i++) {
    let length = String.UTF8.byteLength(words[i]);
    store<u32>(sizes + i * 4, length);
    String.UTF8.encodeUnsafe(changetype<usize>(words[i]), words[i].length, place, true);
    place += length + 1;
  }
  return buffer;
}

function say(line: string): void {
  let bytes = String.UTF8.encode(line);
  host.proxy_log(2, changetype<usize>(bytes), bytes.byteLength);
}

export function abort(message: string | null, _file: string | null, line: u32, _column: u32): void {
  say("probe aborts in line " + line.toString() + ": " + (message === null ? "" : message));
  unreachable();
}

// A module for testing the mock host itself: each callback makes some host calls and logs each answer.
import {
  addI32,
  call,
  constant,
  DATA_AT,
  drop,
  module,
  parameter,
  storeByte,
  type Function,
  type Type,
} from "./wasm.ts";

/** The host calls that a probe can make, with the types of their parameters. All return a status. */
const IMPORTS: Record<string, string> = {
  proxy_log: "i32 i32 i32",
  proxy_done: "",
  proxy_set_effective_context: "i32",
  proxy_set_tick_period_milliseconds: "i32",
  proxy_get_property: "i32 i32 i32 i32",
  proxy_get_header_map_pairs: "i32 i32 i32",
  proxy_get_header_map_value: "i32 i32 i32 i32 i32",
  proxy_replace_header_map_value: "i32 i32 i32 i32 i32",
  proxy_define_metric: "i32 i32 i32 i32",
  proxy_increment_metric: "i32 i64",
  proxy_http_call: "i32 i32 i32 i32 i32 i32 i32 i32 i32 i32",
};

/** The callbacks, with the number of parameters and the result, if any. */
const CALLBACKS: Record<string, [parameters: number, result?: number]> = {
  _initialize: [0],
  malloc: [1, 4096],
  proxy_on_configure: [2, 1],
  proxy_on_done: [1, 0],
  proxy_on_log: [1],
  proxy_on_request_headers: [3, 0],
  proxy_on_tick: [1],
};

const names = Object.keys(IMPORTS);
const typesOf = (name: string) => (IMPORTS[name] ?? "").split(" ").filter((type) => type !== "") as Type[];
/** The first function after the imports. It logs the status on the stack. */
const SAY = names.length;
const DEBUG = 1;
const LETTER_A = 65;

const say: Function = {
  parameters: ["i32"],
  results: [],
  body: [
    ...constant("i32", 0),
    ...parameter(0),
    ...constant("i32", LETTER_A),
    ...addI32,
    ...storeByte,
    ...[DEBUG, 0, 1].flatMap((value) => constant("i32", value)),
    ...call(names.indexOf("proxy_log")),
    ...drop,
  ],
};

/**
 * A module whose `callbacks` make calls, written as `name arguments`: numbers, or 'text' for the address and size of a
 * text. Each answer is one debug log line with a letter: A = 0, B = 1, C = 2 …
 */
export function probe(callbacks: Record<string, string[]>): Uint8Array {
  let data = "";
  /** The constants for `words`; a text takes two of the `types`. */
  const constants = (words: string[], types: Type[]): number[] => {
    const [word, ...more] = words;
    const [type = "i32"] = types;
    if (word === undefined) return [];
    if (!word.startsWith("'")) return [...constant(type, Number(word)), ...constants(more, types.slice(1))];
    const text = word.slice(1, -1);
    const at = DATA_AT + data.length;
    data += text;
    return [...constant("i32", at), ...constant("i32", text.length), ...constants(more, types.slice(2))];
  };
  const functions: Record<string, Function> = { say };
  const all: typeof callbacks = { malloc: [], proxy_on_configure: [], ...callbacks };
  for (const [name, lines] of Object.entries(all)) {
    const [parameters = 0, result] = CALLBACKS[name] ?? [];
    const calls = lines.flatMap((line) => {
      const [target = "", ...words] = line.split(" ");
      return [...constants(words, typesOf(target)), ...call(names.indexOf(target)), ...call(SAY)];
    });
    functions[name] = {
      parameters: Array<Type>(parameters).fill("i32"),
      results: result === undefined ? [] : ["i32"],
      body: result === undefined ? calls : [...calls, ...constant("i32", result)],
    };
  }
  const imports = names.map((name) => ({
    module: "env",
    name,
    parameters: typesOf(name),
    results: ["i32"] as Type[],
  }));
  return module({ imports, functions, data });
}

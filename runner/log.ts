// The log of an Envoy, in bounded memory. Knows the shape of Envoy's log lines; refuses to know what they mean.
const startsLine = /^\[\d{4}-\d\d-\d\d /;
// Every start here gets the warnings under "misc" and "main": deprecated fields, missing limits.
const matters = /^\[[^\]]*\]\[\d+\]\[(error|critical|warning\]\[(?!misc|main))/;

/** The last `limit` characters of a growing text, from the beginning of a line. */
export class LogTail {
  private chunks: string[] = [];
  private size = 0;
  private cut = false;

  constructor(private readonly limit: number) {}

  add(text: string): void {
    this.chunks.push(text);
    this.size += text.length;
    while (this.size > this.limit) {
      this.size -= this.chunks.shift()?.length ?? 0;
      this.cut = true;
    }
  }

  text(): string {
    const text = this.chunks.join("");
    return this.cut ? text.slice(text.indexOf("\n") + 1) : text;
  }
}

/** The warnings and errors of a log, with the lines that continue them; empty if it has none. */
export function warningsOf(log: string): string {
  let inside = false;
  const chosen = log.split("\n").filter((line) => {
    if (startsLine.test(line)) inside = matters.test(line);
    return inside && line !== "";
  });
  return chosen.slice(-40).join("\n");
}

/** What a log says about a failure: its warnings and errors, else its last lines. */
export function reasonIn(log: string): string {
  return warningsOf(log) || log.trimEnd().split("\n").slice(-10).join("\n");
}

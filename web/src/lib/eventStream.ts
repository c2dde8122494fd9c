/** Server-sent events read by `fetch`, since `EventSource` can send no token. */

export interface ServerEvent {
  event: string;
  data: string;
}

const LENGTH_MAX = 1_048_576;

/** Takes text as it arrives, cut anywhere, and gives the events that are whole by then. */
export class EventStreamReader {
  #rest = "";
  #event = "";
  #data: string[] = [];

  feed(text: string): ServerEvent[] {
    this.#rest += text;
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > LENGTH_MAX) throw new RangeError("a line of the stream is too long");
    return lines.map((line) => this.#line(line)).filter((each) => each !== undefined);
  }

  #line(line: string): ServerEvent | undefined {
    if (line === "") return this.#end();
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    if (field === "data") this.#data.push(value);
    return undefined;
  }

  #end(): ServerEvent | undefined {
    const found = this.#data.length > 0 ? { event: this.#event || "message", data: this.#data.join("\n") } : undefined;
    this.#event = "";
    this.#data = [];
    return found;
  }
}

/** The events of an answer's body until it ends, or until the request is aborted. */
export async function* serverEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent[]> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const events = new EventStreamReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const found = events.feed(decoder.decode(value, { stream: true }));
      if (found.length > 0) yield found;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

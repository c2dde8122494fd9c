/** Server-sent events, byte by byte. */

import { isUtf8 } from "node:buffer";

import { Fault } from "./faults.js";

/** The longest line, and the most data of an event. */
export const LINE_BYTES_MAX = 64 * 1024 * 1024;
const NEWLINE = 10;
const RETURN = 13;

/** What a stream said: an event, or nothing but a sign of life. A `retry` is neither: it may come before all that it says. */
export interface Said {
  /** `message` where it names none; undefined for a comment. */
  readonly event: string | undefined;
  readonly data: string;
  /** The last id that the stream has told; "" for none yet. */
  readonly id: string;
}

const ALIVE: Said = Object.freeze({ event: undefined, data: "", id: "" });

/** Makes events of the bytes of one stream. Lines end in `\n` or `\r\n`. */
export class EventReader {
  /** The last `retry` in milliseconds, 0 for none. */
  retryMs = 0;
  #pieces: Buffer[] = [];
  #pending = 0;
  #event = "";
  #data: string[] = [];
  #dataBytes = 0;
  #id = "";

  /** What these bytes complete. Throws a Fault for a line that is too long or is not UTF-8. */
  *read(bytes: Buffer): Generator<Said> {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const said = this.#line(this.#whole(bytes.subarray(start, end)));
      start = end + 1;
      if (said) yield said;
    }
    if (start < bytes.length) this.#keep(bytes.subarray(start));
  }

  /** Would the stream's end now cut an event? */
  get halfway(): boolean {
    return this.#pending > 0 || this.#data.length > 0;
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#pending += piece.length;
    if (this.#pending > LINE_BYTES_MAX) throw new Fault("the stream has a line over 64 MiB", true);
  }

  #whole(last: Buffer): string {
    let line = last;
    if (this.#pending > 0) {
      this.#keep(last);
      line = Buffer.concat(this.#pieces, this.#pending);
      this.#pieces = [];
      this.#pending = 0;
    }
    if (line[line.length - 1] === RETURN) line = line.subarray(0, -1);
    if (!isUtf8(line)) throw new Fault("the stream is not UTF-8", true);
    return line.toString("utf8");
  }

  #line(line: string): Said | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return ALIVE;
    const field = colon < 0 ? line : line.slice(0, colon);
    const from = line[colon + 1] === " " ? colon + 2 : colon + 1;
    const value = colon < 0 ? "" : line.slice(from);
    if (field === "data") this.#add(value);
    else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d{1,9}$/.test(value)) this.retryMs = Number(value);
    return undefined;
  }

  #add(value: string): void {
    this.#dataBytes += value.length;
    if (this.#dataBytes > LINE_BYTES_MAX) throw new Fault("the stream has an event over 64 MiB", true);
    this.#data.push(value);
  }

  #dispatch(): Said | undefined {
    const said = { event: this.#event || "message", data: this.#data.join("\n"), id: this.#id };
    const empty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    this.#dataBytes = 0;
    return empty ? undefined : said;
  }
}

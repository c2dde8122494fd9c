/** HTTP with limits of time and size; none of its sockets keeps a process alive. */

import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

import { later, monotonic } from "../timers.js";
import { Fault } from "./faults.js";
import { retryAfterOf } from "./retry.js";

/** Milliseconds to connect, TLS included. */
const CONNECT_MS = 5_000;
/** Milliseconds without a byte. */
const IDLE_MS = 10_000;
/** The longest body, unpacked. */
export const BODY_BYTES_MAX = 64 * 1024 * 1024;
/** Of an answer that only tells what is wrong. */
const TELLING_BYTES_MAX = 64 * 1024;

/** A request. */
export interface Asked {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** POST with this body; absent: GET. */
  readonly body?: Buffer;
  /** Milliseconds for the whole answer, absent: 10 s; one that stands still for 10 s is given up in any case. */
  readonly wholeMs?: number;
  readonly signal?: AbortSignal;
}

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The connections of one client. */
export class Transport {
  readonly #headers: Readonly<Record<string, string>>;
  readonly #plain = new http.Agent({ keepAlive: true });
  readonly #secure = new https.Agent({ keepAlive: true });
  readonly #open = new Set<http.ClientRequest>();
  #closed = false;

  /** `headers` stand in every request. */
  constructor(headers: Readonly<Record<string, string>>) {
    this.#headers = headers;
  }

  /** Ends what is under way; nothing can be asked afterwards. */
  close(): void {
    this.#closed = true;
    for (const request of this.#open) request.destroy(new Fault("closed"));
    this.#plain.destroy();
    this.#secure.destroy();
  }

  /** The whole answer, whatever its status. Rejects with a Fault. */
  async ask(asked: Asked): Promise<Answer> {
    const limit = new AbortController();
    const wholeMs = asked.wholeMs ?? IDLE_MS;
    const timer = later(wholeMs, () => limit.abort(new Fault(`no whole answer in ${wholeMs / 1000} s`)));
    const forward = (): void => limit.abort(asked.signal?.reason);
    asked.signal?.addEventListener("abort", forward, { once: true });
    try {
      const response = await this.open({ ...asked, signal: limit.signal });
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: await wholeBody(response, BODY_BYTES_MAX),
      };
    } finally {
      clearTimeout(timer);
      asked.signal?.removeEventListener("abort", forward);
    }
  }

  /** The answer as soon as its head is there; the caller reads or destroys it. Rejects with a Fault. */
  async open(asked: Asked): Promise<http.IncomingMessage> {
    try {
      return await this.#once(asked);
    } catch (error) {
      // A kept connection that the server has just closed says nothing about the server. All that is sent may come twice.
      if (error instanceof StaleConnection) return this.#once(asked);
      throw error;
    }
  }

  #once(asked: Asked): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const signal = asked.signal;
      if (this.#closed || signal?.aborted) return reject(new Fault("closed"));
      const secure = asked.url.startsWith("https:");
      const request = (secure ? https : http).request(asked.url, {
        agent: secure ? this.#secure : this.#plain,
        method: asked.body ? "POST" : "GET",
        headers: {
          ...this.#headers,
          ...asked.headers,
          ...(asked.body && { "Content-Length": String(asked.body.length) }),
        },
      });
      this.#open.add(request);
      let timer = later(CONNECT_MS, () => request.destroy(new Fault(`no connection in ${CONNECT_MS / 1000} s`)));
      const head = (): void => {
        clearTimeout(timer);
        timer = later(IDLE_MS, () => request.destroy(new Fault(`no answer in ${IDLE_MS / 1000} s`)));
      };
      const aborted = (): void => void request.destroy(asFault(signal?.reason));
      signal?.addEventListener("abort", aborted, { once: true });
      request.once("socket", (socket: Socket) => {
        socket.unref();
        if (request.reusedSocket) head();
        else socket.once(secure ? "secureConnect" : "connect", head);
      });
      request.once("close", () => {
        clearTimeout(timer);
        this.#open.delete(request);
        signal?.removeEventListener("abort", aborted);
      });
      request.once("response", (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        const stale = request.reusedSocket && error.code === "ECONNRESET" && !signal?.aborted;
        reject(stale ? new StaleConnection() : asFault(error));
      });
      request.end(asked.body);
    });
  }
}

/** The server closed a kept connection before it had read the request. */
class StaleConnection extends Fault {
  constructor() {
    super("the connection was reset");
  }
}

function asFault(error: unknown, answered = false): Fault {
  if (error instanceof Fault) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new Fault(message || code || String(error), answered);
}

/** The body, unpacked. Rejects with a Fault for one that is cut, stands still for 10 s, or is longer than `most` bytes. */
export async function wholeBody(response: http.IncomingMessage, most: number): Promise<Buffer> {
  let seen = monotonic();
  const watch = (): void => {
    const left = IDLE_MS - (monotonic() - seen);
    if (left > 0) timer = later(left, watch);
    else response.destroy(new Fault(`the answer stood still for ${IDLE_MS / 1000} s`, true));
  };
  let timer = later(IDLE_MS, watch);
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    const packed = response.headers["content-encoding"] === "gzip";
    // What goes wrong with the answer is the unpacked stream's error, too.
    const body = packed ? pipeline(response, createGunzip(), () => undefined) : response;
    for await (const piece of body) {
      seen = monotonic();
      length += (piece as Buffer).length;
      if (length > most) throw new Fault(`the answer is longer than ${most} bytes`, true);
      pieces.push(piece as Buffer);
    }
    return Buffer.concat(pieces, length);
  } catch (error) {
    throw asFault(error, true);
  } finally {
    clearTimeout(timer);
    if (!response.complete) response.destroy();
  }
}

/** What is wrong, by an answer that is none to use: its status and what its problem document says. */
export async function failureOf(response: http.IncomingMessage, now: number): Promise<Failure> {
  const body = await wholeBody(response, TELLING_BYTES_MAX).catch(() => Buffer.alloc(0));
  return failureIn({ status: response.statusCode ?? 0, headers: response.headers, body }, now);
}

/** An answer that is none to use. */
export interface Failure {
  readonly status: number;
  /** For programs, `sdk_key_invalid`; "" where it tells none. */
  readonly code: string;
  /** For people, one line. */
  readonly detail: string;
  /** Milliseconds that it asks to wait. */
  readonly retryAfter: number;
}

/** The same of a whole answer. */
export function failureIn(answer: Answer, now: number): Failure {
  const told = problemIn(answer.body);
  const code = told["code"] ?? told["errorCode"];
  const detail = told["detail"] ?? told["errorDetails"] ?? told["title"];
  return {
    status: answer.status,
    code: typeof code === "string" ? code : "",
    detail: typeof detail === "string" ? detail.slice(0, 300) : "",
    retryAfter: retryAfterOf(answer.headers["retry-after"], now),
  };
}

function problemIn(body: Buffer): Record<string, unknown> {
  try {
    const told: unknown = JSON.parse(body.toString("utf8"));
    return typeof told === "object" && told !== null ? (told as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

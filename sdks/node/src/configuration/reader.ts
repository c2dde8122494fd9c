/** The edge's answers to single requests. */

import type { IncomingMessage } from "node:http";

import { Fault } from "../http/faults.js";
import { failureIn, failureOf, type Answer, type Failure, type Transport } from "../http/transport.js";
import { parseJson } from "../engine/json_text.js";
import { isObject } from "../engine/json.js";
import type { Endpoints } from "./endpoints.js";
import { isRefused, refusalOf } from "./refusal.js";

const DOCUMENT_MS = 30_000;

/** An answer of `/v1/config`. */
export interface ReadConfig {
  /** Undefined: what is held is the newest. */
  readonly body: Buffer | undefined;
  readonly etag: string;
  /** Milliseconds since the bus has confirmed it to the edge; 0 while it does. */
  readonly ageMs: number;
}

/** Asks one edge after the other, as the addresses say. Everything rejects with a Fault, of a refused key a Refusal. */
export class EdgeReader {
  readonly #transport: Transport;
  readonly #endpoints: Endpoints;

  constructor(transport: Transport, endpoints: Endpoints) {
    this.#transport = transport;
    this.#endpoints = endpoints;
  }

  /** `GET /v1/environment`, at the current address or another one. */
  async environment(address = this.#endpoints.current): Promise<Record<string, unknown>> {
    const answer = await this.#transport.ask({ url: `${address}/v1/environment` });
    const told = parsed(good(answer, "/v1/environment").body, "/v1/environment");
    if (!isObject(told)) throw new Fault("/v1/environment is no object", true);
    return told;
  }

  /** `GET /v1/config`, unless it has this tag. */
  async config(etag: string): Promise<ReadConfig> {
    const headers = { "Accept-Encoding": "gzip", ...(etag !== "" && { "If-None-Match": etag }) };
    const answer = await this.#transport.ask({ url: this.#url("/v1/config"), headers, wholeMs: DOCUMENT_MS });
    const ageMs = Number(answer.headers["verdict-config-age"] ?? 0) * 1000 || 0;
    if (answer.status === 304) return { body: undefined, etag, ageMs };
    return { body: good(answer, "/v1/config").body, etag: answer.headers.etag ?? "", ageMs };
  }

  /** The document of one chunk of a long list, as it is. */
  async chunk(segment: string, number: number): Promise<Buffer> {
    const url = this.#url(`/v1/segments/${encodeURIComponent(segment)}/chunks/${number}`);
    const answer = await this.#transport.ask({ url, headers: { "Accept-Encoding": "gzip" }, wholeMs: DOCUMENT_MS });
    return good(answer, "a chunk").body;
  }

  /** `GET /v1/stream` after this event, as soon as it is known to be one. */
  async stream(lastEventId: string, signal: AbortSignal): Promise<IncomingMessage> {
    const headers = { Accept: "text/event-stream", ...(lastEventId !== "" && { "Last-Event-ID": lastEventId }) };
    const response = await this.#transport.open({ url: this.#url("/v1/stream"), headers, signal });
    const kind = response.headers["content-type"] ?? "nothing";
    if (response.statusCode !== 200) throw fault(await failureOf(response, Date.now()), "/v1/stream");
    if (/^text\/event-stream\b/i.test(kind)) return response;
    response.destroy();
    throw new Fault(`/v1/stream is ${kind}, no event stream`, true);
  }

  #url(path: string): string {
    return this.#endpoints.current + path;
  }
}

/** The JSON of a body; throws a Fault for what is none, such as a proxy's page. */
export function parsed(body: Buffer, what: string): unknown {
  try {
    return parseJson(body.toString("utf8"));
  } catch {
    throw new Fault(`${what} is no JSON`, true);
  }
}

function good(answer: Answer, what: string): Answer {
  if (answer.status === 200) return answer;
  throw fault(failureIn(answer, Date.now()), what);
}

function fault(failure: Failure, what: string): Fault {
  if (isRefused(failure.status)) return refusalOf(failure);
  const told = failure.detail === "" ? "" : `: ${failure.detail}`;
  return new Fault(`${what} answers ${failure.status}${told}`, true, failure.retryAfter);
}

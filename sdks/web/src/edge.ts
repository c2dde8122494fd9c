/** The edge as it is asked: all flags for a context, and what there is to know of the environment. */

import { answersOf, type Answers } from './answers.js';
import { objectOf, textOf } from './json.js';
import { limited, monotonic, retryAfter } from './time.js';
import { SDK } from './version.js';

const ANSWER_MS_MAX = 10_000;
const FIRST_AGAIN_MS = 300_000;

/** What came of asking. `refused`: by the key; `unusable`: this context can't be evaluated; `failed`: worth another attempt. */
export type Outcome =
  | { readonly kind: 'answers'; readonly answers: Answers; readonly text: string; readonly etag: string | null }
  | { readonly kind: 'unmodified'; readonly ageMs: number }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unusable'; readonly code: string; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string; readonly retryAfter: number };

/** What the edge says of the environment; absent: it doesn't. */
export interface Environment {
  readonly keyKind?: string | undefined;
  readonly eventsUrl?: string | undefined;
  readonly exposureAttributes: readonly string[];
}

/** A change that the event stream told of, for the edge to wait for. */
export interface State {
  readonly etag?: string | undefined;
  readonly lastModified?: number | undefined;
}

export class Edge {
  #chosen = 0;
  #triedFirst = monotonic();

  constructor(
    private readonly endpoints: readonly string[],
    private readonly key: string,
  ) {}

  /** The address in use: of several the one that works, and every five minutes the first. */
  get address(): string {
    if (this.#chosen && monotonic() - this.#triedFirst > FIRST_AGAIN_MS) {
      this.#chosen = 0;
      this.#triedFirst = monotonic();
    }
    return this.endpoints[this.#chosen] ?? '';
  }

  /** From now on the next of several. */
  failed(): void {
    if (!this.#chosen) this.#triedFirst = monotonic();
    this.#chosen = (this.#chosen + 1) % this.endpoints.length;
  }

  /** Evaluates all flags. `etag`: of what is held for this very context; `state`: what must have arrived. */
  async bulk(context: string, etag: string | null, state: State, signal: AbortSignal): Promise<Outcome> {
    const query = new URLSearchParams();
    if (state.etag) query.set('flagConfigEtag', state.etag);
    if (state.lastModified !== undefined) query.set('flagConfigLastModified', String(state.lastModified));
    const asked = query.toString();
    const outcome = await this.#asked(
      `/ofrep/v1/evaluate/flags${asked && '?'}${asked}`,
      { method: 'POST', body: `{"context":${context}}` },
      { 'Content-Type': 'application/json', ...(etag ? { 'If-None-Match': etag } : {}) },
      signal,
    );
    if (outcome.kind === 'failed' && !signal.aborted) this.failed();
    return outcome;
  }

  async #asked(path: string, request: RequestInit, headers: object, signal: AbortSignal): Promise<Outcome> {
    let answer: Answer;
    try {
      answer = await this.#answer(path, request, headers, signal);
    } catch (error) {
      return { kind: 'failed', message: `the edge can't be reached: ${String(error)}`, retryAfter: 0 };
    }
    const { status, text } = answer;
    if (status === 304) {
      return { kind: 'unmodified', ageMs: 1000 * Number(answer.headers.get('Verdict-Config-Age') ?? 0) };
    }
    if (status === 200) {
      try {
        return { kind: 'answers', answers: answersOf(text), text, etag: answer.headers.get('ETag') };
      } catch (error) {
        return { kind: 'failed', message: `the edge's answer can't be read: ${String(error)}`, retryAfter: 0 };
      }
    }
    const told = said(text);
    const message = told.message ?? `the edge has answered ${status}`;
    if (status === 401 || status === 403) return { kind: 'refused', message };
    if (status === 400 || status === 413) return { kind: 'unusable', code: told.code ?? 'GENERAL', message };
    return { kind: 'failed', message, retryAfter: retryAfter(answer.headers.get('Retry-After')) };
  }

  /** Undefined when the edge can't say now. */
  async environment(signal: AbortSignal): Promise<Environment | undefined> {
    try {
      const { status, text } = await this.#answer('/v1/environment', {}, {}, signal);
      if (status === 404) return { exposureAttributes: [] };
      const told = status === 200 && objectOf(JSON.parse(text));
      if (!told) return undefined;
      const names = told['exposure_attributes'];
      return {
        keyKind: textOf(told['key_kind']),
        eventsUrl: textOf(told['events_url'])?.replace(/\/+$/, ''),
        exposureAttributes: Array.isArray(names) ? names.filter((each) => typeof each === 'string') : [],
      };
    } catch {
      return undefined;
    }
  }

  #answer(path: string, request: RequestInit, headers: object, signal: AbortSignal): Promise<Answer> {
    const address = this.address + path;
    return limited(ANSWER_MS_MAX, signal, async (limit) => {
      const all = { Authorization: `Bearer ${this.key}`, 'Verdict-SDK': SDK, ...headers };
      const answer = await fetch(address, { ...request, headers: all, cache: 'no-store', signal: limit });
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    });
  }
}

/** An answer that has been read to its end. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Code and sentence of a failure, in OFREP's form or as `application/problem+json`. */
function said(text: string): { code: string | undefined; message: string | undefined } {
  try {
    const body = objectOf(JSON.parse(text)) ?? {};
    return { code: textOf(body['errorCode']), message: textOf(body['errorDetails']) ?? textOf(body['detail']) };
  } catch {
    return { code: undefined, message: undefined };
  }
}

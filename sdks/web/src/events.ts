/** Events wait in a queue, leave in batches, and are sent again with the same ids until they are taken. */

import { objectOf, parsed } from './json.js';
import type { Logger } from './options.js';
import { Backoff, limited, pause, retryAfter, within } from './time.js';
import { SDK } from './version.js';

const BATCH_BYTES_MAX = 60_000;
const EVENT_BYTES_MAX = 32 * 1024;
const RETRY_CAP_MS = 300_000;
const ANSWER_MS_MAX = 10_000;
const encoder = new TextEncoder();

interface Waiting {
  readonly text: string;
  readonly bytes: number;
}

interface Batch {
  readonly events: readonly Waiting[];
}

export interface EventsOptions {
  readonly key: string;
  readonly logger: Logger;
  readonly queueSize: number;
  readonly batchSize: number;
  readonly flushMs: number;
  readonly retryFirstMs: number;
}

/** Where events go. `address`: the best that is known of it; `settled`: when it is known for certain. */
export interface Destination {
  readonly address: () => string;
  readonly settled: Promise<unknown>;
}

/** What became of the events so far; dropped ones by reason. */
export interface EventCounts {
  readonly queued: number;
  readonly sent: number;
  readonly dropped: Readonly<Record<string, number>>;
}

export class Events {
  #queue: Waiting[] = [];
  #inFlight: Batch | undefined;
  #sent = 0;
  #dropped = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #draining: Promise<void> | undefined;
  #pausing: AbortController | undefined;
  #refused = false;
  #leaving = 0;
  #ended = 'closed';
  #mayHurry = true;
  readonly #end = new AbortController();
  readonly #backoff: Backoff;

  constructor(
    private readonly destination: Destination,
    private readonly options: EventsOptions,
  ) {
    this.#backoff = new Backoff(options.retryFirstMs, RETRY_CAP_MS);
  }

  /** Queues an event, the JSON of one. */
  add(text: string): void {
    const bytes = encoder.encode(text).length;
    if (this.#end.signal.aborted) return this.drop(this.#ended);
    if (this.#refused) return this.drop('refused');
    if (bytes > EVENT_BYTES_MAX) return this.drop('too_large', 1, 'an event over 32 KiB was dropped');
    if (this.#waiting >= this.options.queueSize) return this.drop('queue_full', 1, 'the queue of events is full');
    this.#queue.push({ text, bytes });
    if (this.#queue.length >= this.options.batchSize) this.#drain();
    else this.#timer ??= setTimeout(() => this.#drain(), this.options.flushMs);
  }

  /** Counts what is not sent, and why; warns the first time. */
  drop(reason: string, count = 1, message?: string): void {
    if (!count) return;
    const before = this.#dropped.get(reason) ?? 0;
    this.#dropped.set(reason, before + count);
    if (message && !before) this.options.logger.warn(message);
  }

  get counts(): EventCounts {
    return { queued: this.#waiting, sent: this.#sent, dropped: Object.fromEntries(this.#dropped) };
  }

  /** Sends what waits; true when nothing is left. */
  async flush(timeoutMs: number): Promise<boolean> {
    if (this.#mayHurry) this.#pausing?.abort();
    this.#drain();
    if (this.#draining) await within(this.#draining, timeoutMs);
    return this.#waiting === 0;
  }

  /** The key is refused: what waits is dropped, and what comes. */
  refuse(): void {
    this.#refused = true;
    this.#pausing?.abort();
    this.drop('refused', this.#queue.length);
    this.#queue = [];
  }

  /** Sends what it can now, for there may be no later: without headers, so that no browser asks first. */
  leave(): void {
    if (this.#pausing && this.#inFlight) {
      // It waits for another attempt, and goes with the others.
      this.#queue.unshift(...this.#inFlight.events);
      this.#inFlight = undefined;
      this.#pausing.abort();
    }
    const address = `${this.destination.address()}/v1/events?client_key=${encodeURIComponent(this.options.key)}`;
    let keptAlive = this.#inFlight !== undefined || this.#leaving > 0;
    while (this.#queue.length) {
      const batch = this.#next();
      if (!keptAlive) {
        keptAlive = true;
        void this.#sendLast(address, batch);
      } else if (navigator.sendBeacon(address, bodyOf(batch))) {
        this.#sent += batch.events.length;
      } else {
        // All that a browser keeps alive for a page has one limit, and it is reached.
        this.#queue.unshift(...batch.events);
        return;
      }
    }
  }

  /** Nothing is sent any more, for this reason. */
  end(reason: 'closed' | 'offline' = 'closed'): void {
    clearTimeout(this.#timer);
    this.#ended = reason;
    this.drop(reason, this.#waiting);
    this.#queue = [];
    this.#inFlight = undefined;
    this.#end.abort();
  }

  get #waiting(): number {
    return this.#queue.length + (this.#inFlight?.events.length ?? 0) + this.#leaving;
  }

  #drain(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#draining || !this.#waiting || this.#end.signal.aborted) return;
    this.#draining = this.#sendAll().then(() => {
      this.#draining = undefined;
      this.#drainLater();
    });
  }

  #drainLater(): void {
    if (this.#queue.length && !this.#end.signal.aborted) {
      this.#timer ??= setTimeout(() => this.#drain(), this.options.flushMs);
    }
  }

  async #sendAll(): Promise<void> {
    await this.destination.settled;
    // A browser may refuse to keep more alive; after that it does without.
    let keepalive = true;
    while (!this.#end.signal.aborted) {
      const batch = (this.#inFlight ??= this.#queue.length ? this.#next() : undefined);
      if (!batch) return;
      const headers = {
        Authorization: `Bearer ${this.options.key}`,
        'Content-Type': 'application/json',
        'Verdict-SDK': SDK,
      };
      const answer = await this.#post(`${this.destination.address()}/v1/events`, headers, bodyOf(batch), keepalive);
      keepalive = answer !== undefined;
      if (worthAnother(answer) && !this.#refused) {
        await this.#pause(answer?.retryAfter ?? 0);
      } else {
        if (this.#end.signal.aborted) return;
        this.#inFlight = undefined;
        this.#backoff.reset();
        this.#account(batch, answer);
      }
    }
  }

  async #pause(least: number): Promise<void> {
    const pausing = (this.#pausing = new AbortController());
    const stop = (): void => pausing.abort();
    this.#mayHurry = !least;
    this.#end.signal.addEventListener('abort', stop);
    await pause(this.#backoff.next(least), pausing.signal);
    this.#end.signal.removeEventListener('abort', stop);
    this.#pausing = undefined;
  }

  /** Sends a batch of a page that may be gone before the answer; if it isn't, what was not taken waits again. */
  async #sendLast(address: string, batch: Batch): Promise<void> {
    this.#leaving += batch.events.length;
    const answer = await this.#post(address, {}, bodyOf(batch), true);
    this.#leaving -= batch.events.length;
    if (worthAnother(answer) && !this.#refused) this.#queue.unshift(...batch.events);
    else this.#account(batch, answer);
    this.#drainLater();
  }

  /** Counts what has become of a batch. */
  #account(batch: Batch, answer: Answer | undefined): void {
    const { events } = batch;
    if (!answer || answer.status >= 300) {
      const reason = !answer || answer.status === 401 || answer.status === 403 ? 'refused' : 'rejected';
      return this.drop(reason, events.length, `events were ${reason}: ${answer?.status ?? ''} ${answer?.text ?? ''}`);
    }
    const rejected = rejectedOf(answer.text);
    this.#sent += events.length - rejected.length;
    this.drop('rejected', rejected.length, `events were rejected: ${answer.text.slice(0, 500)}`);
  }

  /** The answer, undefined when there was none. */
  async #post(address: string, headers: object, body: string, keepalive: boolean): Promise<Answer | undefined> {
    try {
      return await limited(ANSWER_MS_MAX, this.#end.signal, async (signal) => {
        const answer = await fetch(address, { method: 'POST', headers: { ...headers }, body, keepalive, signal });
        const wait = retryAfter(answer.headers.get('Retry-After'));
        return { status: answer.status, retryAfter: wait, text: await answer.text() };
      });
    } catch {
      return undefined;
    }
  }

  /** Takes the next batch from the queue. */
  #next(): Batch {
    let bytes = 2;
    let count = 0;
    for (const event of this.#queue) {
      if (count && (count >= this.options.batchSize || bytes + event.bytes + 1 > BATCH_BYTES_MAX)) break;
      bytes += event.bytes + 1;
      count += 1;
    }
    return { events: this.#queue.splice(0, count) };
  }
}

interface Answer {
  readonly status: number;
  readonly retryAfter: number;
  readonly text: string;
}

/** No answer, too many requests, or trouble of the ingestor's: nothing is known to be stored. */
function worthAnother(answer: Answer | undefined): boolean {
  return !answer || answer.status === 429 || answer.status >= 500;
}

function bodyOf(batch: Batch): string {
  return `[${batch.events.map((event) => event.text).join()}]`;
}

function rejectedOf(text: string): unknown[] {
  try {
    const rejected = objectOf(parsed(text))?.['rejected'];
    return Array.isArray(rejected) ? rejected : [];
  } catch {
    return [];
  }
}

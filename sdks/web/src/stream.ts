/** Server-sent events by `fetch`: unlike `EventSource` it tells of silence, of the status and of `Retry-After`. */

import { monotonic, retryAfter } from './time.js';

const LINE_LENGTH_MAX = 1024 * 1024;
const ENDED = 'the stream has ended';

/** One event of a stream. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly name: string;
  readonly data: string;
}

/** What is told while a stream is read: the first sign of life, each further one, and what came. */
export interface StreamListener {
  alive(): void;
  event(event: StreamEvent): void;
  retry(ms: number): void;
}

/** How a stream ended. `livedMs`: how long it had been open, 0 for one that was not; `status`: of an answer that was no stream. */
export interface StreamEnd {
  readonly livedMs: number;
  readonly message: string;
  readonly status?: number;
  readonly retryAfter: number;
}

/** Reads a stream until it ends, is silent for too long, or the signal comes. Never raises. */
export async function readStream(
  address: string,
  lastEventId: string | undefined,
  silenceMs: number,
  signal: AbortSignal,
  listener: StreamListener,
): Promise<StreamEnd> {
  const reading = new AbortController();
  const stop = (): void => reading.abort(new Error('stopped'));
  const silent = (): void => reading.abort(new Error('the stream is silent'));
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  let timer = setTimeout(silent, silenceMs);
  let opened: number | undefined;
  const ended = (message: string, more: Partial<StreamEnd> = {}): StreamEnd => ({
    livedMs: opened === undefined ? 0 : monotonic() - opened,
    message,
    retryAfter: 0,
    ...more,
  });
  try {
    const headers: HeadersInit = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    const answer = await fetch(address, { headers, cache: 'no-store', signal: reading.signal });
    const kind = answer.headers.get('Content-Type') ?? '';
    if (answer.status !== 200 || !kind.startsWith('text/event-stream') || !answer.body) {
      reading.abort();
      const wait = retryAfter(answer.headers.get('Retry-After'));
      return ended(`${answer.status} ${kind} is no event stream`, { status: answer.status, retryAfter: wait });
    }
    const parser = new EventParser(listener);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return ended(ENDED);
      clearTimeout(timer);
      timer = setTimeout(silent, silenceMs);
      opened ??= monotonic();
      listener.alive();
      parser.read(value);
    }
  } catch (error) {
    return ended(String(reading.signal.aborted ? reading.signal.reason : error));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    reading.abort();
  }
}

/** Takes the text of a stream apart, in whatever pieces it comes; half an event at the end is none. */
class EventParser {
  #rest = '';
  #data: string[] = [];
  #name = '';
  #id: string | undefined;

  constructor(private readonly listener: StreamListener) {}

  /** Raises when a line doesn't end. */
  read(piece: string): void {
    // A carriage return at the end of a piece may be half of a line's end.
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LINE_LENGTH_MAX) throw new Error('a line of the stream is too long');
    lines.forEach((line) => this.#line(line));
  }

  #line(line: string): void {
    if (!line) return this.#dispatch();
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#name = value;
    else if (field === 'id') this.#id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.listener.retry(Number(value));
  }

  #dispatch(): void {
    if (this.#data.length || this.#id !== undefined) {
      this.listener.event({ id: this.#id, name: this.#name || 'message', data: this.#data.join('\n') });
    }
    this.#data = [];
    this.#name = '';
    this.#id = undefined;
  }
}

/** Following: hears of changes by the edge's event stream, or polls where streams can't pass; rests while nobody looks. */

import type { Asking } from './asking.js';
import type { State } from './edge.js';
import { objectOf, textOf } from './json.js';
import { readStream, type StreamEvent } from './stream.js';
import { Backoff, pause } from './time.js';

const RETRY_CAP_MS = 30_000;
const STREAM_AGAIN_MS = 300_000;
const LIVED_MS = 60_000;
const FAILURES_MAX = 3;
const SPREAD = 0.1;

export interface FollowingOptions {
  readonly polling: 'auto' | 'always';
  readonly pollMs: number;
  readonly retryFirstMs: number;
  readonly silenceMs: number;
}

/** Who is told. `alive`: the edge has shown a sign of life. */
export interface FollowingListener {
  alive(): void;
  troubled(message: string): void;
}

export class Following {
  mode: 'stream' | 'poll' | 'none' = 'none';
  #round: AbortController | undefined;
  #resting: ReturnType<typeof setTimeout> | undefined;
  #address: string | undefined;
  #lastEventId: string | undefined;
  #failures = 0;
  #broken = false;
  readonly #backoff: Backoff;

  constructor(
    private readonly asking: Asking,
    private readonly listener: FollowingListener,
    private readonly options: FollowingOptions,
  ) {
    this.#backoff = new Backoff(options.retryFirstMs, RETRY_CAP_MS);
  }

  /** Begins, or goes on after a rest; the edge has answered by then. */
  begin(): void {
    clearTimeout(this.#resting);
    if (this.#round) return;
    this.#round = new AbortController();
    void this.#follow(this.#round.signal);
  }

  /** Whether it follows, and does not rest. */
  get awake(): boolean {
    return this.#round !== undefined;
  }

  /** Lets the stream go after so long, unless it begins again before. */
  rest(afterMs: number): void {
    clearTimeout(this.#resting);
    if (afterMs > 0) this.#resting = setTimeout(() => this.end(), afterMs);
    else this.end();
  }

  end(): void {
    clearTimeout(this.#resting);
    this.#round?.abort();
    this.#round = undefined;
    this.mode = 'none';
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const address = (this.#address = this.asking.held?.answers.stream ?? this.#address);
      if (this.options.polling === 'always' || this.#failures >= FAILURES_MAX) {
        await this.#poll(STREAM_AGAIN_MS, signal);
        // One more attempt; when it fails, polling goes on.
        this.#failures = FAILURES_MAX - 1;
      } else if (address === undefined) {
        await this.#poll(this.options.pollMs, signal);
      } else {
        await this.#stream(address, signal);
      }
    }
  }

  /** Asks at intervals for so long. */
  async #poll(forMs: number, signal: AbortSignal): Promise<void> {
    this.mode = 'poll';
    for (let waited = 0; waited < forMs && !signal.aborted; waited += this.options.pollMs) {
      await pause(this.options.pollMs * (1 + SPREAD * (2 * Math.random() - 1)), signal);
      if (!signal.aborted) void this.asking.refetch();
    }
  }

  async #stream(address: string, signal: AbortSignal): Promise<void> {
    const end = await readStream(address, this.#lastEventId, this.options.silenceMs, signal, {
      alive: () => {
        this.#opened();
        this.listener.alive();
      },
      event: (event) => this.#event(event),
      retry: (ms) => {
        this.#backoff.told(ms);
        this.asking.told(ms);
      },
    });
    if (signal.aborted) return;
    this.mode = 'none';
    this.listener.troubled(`event stream: ${end.message}`);
    this.#broken = true;
    if (end.livedMs >= LIVED_MS) {
      this.#backoff.reset();
      this.#failures = 0;
    }
    this.#failures += 1;
    await pause(this.#backoff.next(end.retryAfter), signal);
    const isRefused = end.status === 401 || end.status === 403;
    if (isRefused || this.#failures >= FAILURES_MAX - 1) await this.#answered(signal);
  }

  /** Waits until the edge answers, which also says what became of the key. Only streams that fail while it does are worth
   * nothing: those of an edge that is gone begin to count anew. */
  async #answered(signal: AbortSignal): Promise<void> {
    if (await this.asking.refetch()) return;
    this.#failures = 0;
    while (!signal.aborted && !(await this.asking.refetch()));
  }

  /** A stream shows a sign of life. One that follows another and can't be told what that had told is caught up with. */
  #opened(): void {
    if (this.mode === 'stream') return;
    this.mode = 'stream';
    if (this.#broken && this.#lastEventId === undefined) void this.asking.refetch();
  }

  /** A stream that brings events is worth something, however soon it breaks. */
  #event(event: StreamEvent): void {
    this.#failures = 0;
    if (event.id !== undefined) this.#lastEventId = event.id;
    if (!event.data) return;
    const state = stateIn(event.data);
    if (state) void this.asking.refetch(state);
  }
}

/** The state that an event asks to re-fetch; undefined for other events. */
function stateIn(data: string): State | undefined {
  try {
    const message = objectOf(JSON.parse(data));
    if (message?.['type'] !== 'refetchEvaluation') return undefined;
    const lastModified = message['lastModified'];
    return {
      etag: textOf(message['etag']),
      lastModified: typeof lastModified === 'number' ? lastModified : undefined,
    };
  } catch {
    return undefined;
  }
}

/** Waiting: pauses that can be ended, and how long to wait before another attempt. */

const ATTEMPTS_MAX = 30;

/** Milliseconds that only ever grow, whatever becomes of the wall clock. */
export const monotonic = (): number => performance.now();

/** Waits so long, or until the signal; never raises. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

/** The promise's result, or undefined when it has none in time. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const over = new AbortController();
  const result = await Promise.race([promise, pause(ms, over.signal)]);
  over.abort();
  return result as T | undefined;
}

/** What the work gives with a signal of its own, which ends when `signal` does or after so long. */
export async function limited<T>(ms: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const end = (): void => limit.abort();
  const timer = setTimeout(end, ms);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

/** Full jitter: the n-th attempt, from 0, comes after `random(0 … min(cap, window · 2ⁿ))`; the cap is twice the window at least. */
export function jitter(attempt: number, window: number, cap: number, random: () => number = Math.random): number {
  return random() * Math.min(Math.max(cap, 2 * window), window * 2 ** attempt);
}

/** How long to wait, attempt by attempt, until one succeeds. */
export class Backoff {
  #attempt = 0;
  #window: number;

  constructor(
    private readonly first: number,
    private readonly cap: number,
  ) {
    this.#window = first;
  }

  /** How long the edge wants those to be spread who lose it at once. */
  told(window: number): void {
    this.#window = Math.max(this.first, window);
  }

  /** How long to wait before the next attempt. `least`: what `Retry-After` said, the jitter comes on top. */
  next(least = 0): number {
    const attempt = this.#attempt;
    this.#attempt = Math.min(attempt + 1, ATTEMPTS_MAX);
    return least + jitter(attempt, this.#window, this.cap);
  }

  reset(): void {
    this.#attempt = 0;
  }
}

/** Milliseconds of a `Retry-After`: seconds or a date. */
export function retryAfter(header: string | null): number {
  if (!header) return 0;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return ms > 0 ? Math.min(ms, 24 * 3_600_000) : 0;
}

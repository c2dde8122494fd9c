/** Time as the SDK knows it: monotonic for waits, and timers that never keep a process alive. */

/** Milliseconds of a clock that nobody sets. */
export function monotonic(): number {
  return performance.now();
}

/** Longer than this a timer can't be set. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Calls once after `ms`, in a process that still lives then. */
export function later(ms: number, call: () => void): NodeJS.Timeout {
  return setTimeout(call, Math.min(ms, TIMER_MS_MAX)).unref();
}

/** Resolves after `ms`, or as soon as the signal is given. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = later(ms, done);
    signal.addEventListener("abort", done, { once: true });
  });
}

/**
 * What the promise gives, or `otherwise` after `ms`. Somebody awaits it, so its timer does keep the process alive: what
 * it waits for does not.
 */
export function within<T>(ms: number, promise: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(otherwise), Math.min(ms, TIMER_MS_MAX));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

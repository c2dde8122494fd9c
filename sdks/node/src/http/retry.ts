/** When to try again. */

/** The pauses between attempts, in milliseconds. */
export interface Pauses {
  /** The first pause is at most this. */
  readonly first: number;
  /** No pause is longer, unless the server asks for it. */
  readonly longest: number;
}

/**
 * Full jitter: the pause before attempt `attempt` (from 0) is between 0 and the first pause doubled as often, at most
 * the longest, or twice the first if that is longer. `asked` (`Retry-After`) is a minimum, the jitter comes on top. `random` gives from 0 until before 1.
 */
export function jitter(attempt: number, pauses: Pauses, asked = 0, random: () => number = Math.random): number {
  const longest = Math.max(pauses.longest, 2 * pauses.first);
  return asked + random() * Math.min(longest, pauses.first * 2 ** Math.min(attempt, 40));
}

/** `ms`, give or take a tenth. */
export function aboutEvery(ms: number, random: () => number = Math.random): number {
  return ms * (0.9 + 0.2 * random());
}

/** Nobody waits longer than this because a server says so. */
const RETRY_AFTER_MS_MAX = 3_600_000;

/** `Retry-After` (seconds or a date) in milliseconds from `now`; 0 where there is none that can be read. */
export function retryAfterOf(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return ms > 0 ? Math.min(ms, RETRY_AFTER_MS_MAX) : 0;
}

/** Usage: what the page has read, and how often; it names nobody. */

import { SDK } from './version.js';

const KEY = /^[a-z0-9][a-z0-9._-]{0,127}$/;
const WAYS_MAX = 500;
const COUNTS_MAX = 100;
const UNKNOWN_MAX = 100;

/** Counts since they were taken last: by flag, variation, reason and error. */
export class Usage {
  #counts = new Map<string, number>();
  #unknown = new Set<string>();

  /** Counts one read; true for the first one since the counts were taken. Of keys that no flag has a hundred are named. */
  count(flag: string, variation: string | null, reason: string, error: string | undefined): boolean {
    let named = KEY.test(flag) ? flag : '';
    if (error === 'FLAG_NOT_FOUND' && named && !this.#unknown.has(named)) {
      if (this.#unknown.size < UNKNOWN_MAX) this.#unknown.add(named);
      else named = '';
    }
    const way = JSON.stringify([named, variation, reason, error]);
    const before = this.#counts.get(way);
    if (before === undefined && this.#counts.size >= WAYS_MAX) return false;
    this.#counts.set(way, (before ?? 0) + 1);
    return this.#counts.size === 1 && before === undefined;
  }

  /** The events that tell of them, without id and time; the counts begin anew. */
  take(): Record<string, unknown>[] {
    const counts = [...this.#counts].map(([way, count]) => {
      const [flag, variation, reason, error] = JSON.parse(way) as [string, string | null, string, string | null];
      return { flag, ...(variation === null ? {} : { variation }), reason, ...(error ? { error } : {}), sdk: SDK, count };
    });
    this.#counts.clear();
    const events: Record<string, unknown>[] = [];
    for (let at = 0; at < counts.length; at += COUNTS_MAX) {
      events.push({ type: 'usage', counts: counts.slice(at, at + COUNTS_MAX) });
    }
    return events;
  }
}

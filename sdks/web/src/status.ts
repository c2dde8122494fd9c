/** Status: what a client can say of itself. */

import type { EventCounts } from './events.js';
import { monotonic } from './time.js';

export type State = 'starting' | 'ready' | 'stale' | 'refused' | 'closed' | 'offline';

/** Times are milliseconds since 1970. `since`: of this state; `confirmedAt`: when the edge last confirmed what is held. */
export interface Status {
  readonly state: State;
  readonly version: number;
  readonly since: number;
  readonly confirmedAt: number | undefined;
  readonly source: 'bootstrap' | 'store' | 'edge' | 'none';
  readonly mode: 'stream' | 'poll' | 'none';
  readonly endpoint: string;
  readonly lastError: string | undefined;
  readonly events: EventCounts;
}

const STALE_MS = 60_000;

/** The state of a client, as it follows from what happens to it. `refused` and `closed` are for good. */
export class States {
  state: State = 'starting';
  since = Date.now();
  confirmedAt: number | undefined;
  lastError: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #confirmed = monotonic();

  /** `told` hears of each new state. */
  constructor(private readonly told: (state: State) => void) {}

  become(state: State): void {
    if (state === this.state || this.state === 'closed' || (this.state === 'refused' && state !== 'closed')) return;
    this.state = state;
    this.since = Date.now();
    this.told(state);
  }

  /** The edge has said that what is held was right so long ago. */
  confirm(agoMs: number): void {
    this.confirmedAt = Date.now() - agoMs;
    this.#confirmed = monotonic() - agoMs;
    this.become(agoMs < STALE_MS ? 'ready' : 'stale');
    this.watch();
  }

  /** From now on what nobody confirms becomes stale, after `leastMs` at the earliest. */
  watch(leastMs = 0): void {
    clearTimeout(this.#timer);
    const left = this.#confirmed + STALE_MS - monotonic();
    this.#timer = setTimeout(() => this.state === 'ready' && this.become('stale'), Math.max(leastMs, left));
  }

  /** Nobody looks: nothing becomes stale. */
  rest(): void {
    clearTimeout(this.#timer);
  }
}

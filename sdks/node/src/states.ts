/** The state of a client, and since when it is in it. */

import type { Held } from "./configuration/held.js";
import { later } from "./timers.js";
import type { State } from "./status.js";

/** Nothing confirmed for so long is stale. */
const STALE_MS = 60_000;

/** Looks again whenever something may have changed it. */
export class States {
  state: State;
  /** Epoch milliseconds. */
  since = Date.now();
  readonly #held: Held;
  readonly #changed: (state: State, message: string | undefined) => void;
  /** Refused, closed or offline: it stays so. */
  #final: State | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #began = performance.now();

  constructor(held: Held, offline: boolean, changed: (state: State, message: string | undefined) => void) {
    this.#held = held;
    this.#changed = changed;
    this.#final = offline ? "offline" : undefined;
    this.state = this.#now();
    this.#watch();
  }

  /** Something was taken or confirmed. */
  look(message?: string): void {
    const state = this.#now();
    if (state !== this.state) {
      this.state = state;
      this.since = Date.now();
      this.#changed(state, message);
    }
    this.#watch();
  }

  /** From now on it is this. */
  end(state: "refused" | "closed", message?: string): void {
    if (this.#final === "closed") return;
    this.#final = state;
    clearTimeout(this.#timer);
    this.look(message);
  }

  #now(): State {
    if (this.#final) return this.#final;
    if (!this.#held.flags) return "starting";
    return this.#ageMs < STALE_MS ? "ready" : "stale";
  }

  /** What was never confirmed is as old as the client. */
  get #ageMs(): number {
    return Math.min(this.#held.ageMs, performance.now() - this.#began);
  }

  /** Looks again when it would become stale. */
  #watch(): void {
    if (this.#final || this.#timer) return;
    const left = STALE_MS - this.#ageMs;
    if (left <= 0) return;
    this.#timer = later(left + 1, () => {
      this.#timer = undefined;
      this.look();
    });
  }
}

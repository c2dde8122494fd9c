/** Listeners to what a new configuration changes for applications. */

import type { FlagSet } from "./engine/index.js";
import { isDeepStrictEqual } from "node:util";
import type { Detail } from "./detail.js";
import type { Logger } from "./logger.js";
import type { State } from "./status.js";
import type { User } from "./user.js";

/** Called with the keys of flags whose answers may differ for somebody. */
export type KeysListener = (flags: readonly string[]) => void;

/** One flag serves one user something else: another value, variant or reason. */
export interface AnswerChange {
  readonly flag: string;
  readonly before: Detail;
  readonly after: Detail;
}

/** Called for each flag that serves the user something else. */
export type AnswerListener = (change: AnswerChange) => void;

/** Called with each new state. */
export type StateListener = (state: State, message: string | undefined) => void;

/** Gives what a flag serves to a user, by a flag set; nothing is counted or reported. */
export type Look = (flags: FlagSet, flag: string, user: User) => Detail;

/** Called with the configuration before and after, and the keys that may differ. */
type Listener = (before: FlagSet | undefined, after: FlagSet, keys: readonly string[]) => void;

/** The listeners of one client. One that throws is told of, and the others are called. */
export class Listeners {
  readonly #listeners = new Set<Listener>();
  readonly #states = new Set<StateListener>();
  readonly #logger: Logger;
  readonly #look: Look;

  constructor(logger: Logger, look: Look) {
    this.#logger = logger;
    this.#look = look;
  }

  /** Gives a function that ends it. */
  onKeys(listener: KeysListener, flag: string | undefined): () => void {
    return this.#add((_before, _after, keys) => {
      const told = flag === undefined ? keys : keys.filter((key) => key === flag);
      if (told.length > 0) listener(told);
    });
  }

  /** The same for what one user is served. */
  onAnswers(listener: AnswerListener, flag: string | undefined, user: User): () => void {
    return this.#add((before, after, keys) => {
      if (!before) return;
      for (const key of flag === undefined ? keys : keys.filter((each) => each === flag)) {
        const change = { flag: key, before: this.#look(before, key, user), after: this.#look(after, key, user) };
        if (differs(change)) this.#call(() => listener(change));
      }
    });
  }

  onState(listener: StateListener): () => void {
    this.#states.add(listener);
    return () => void this.#states.delete(listener);
  }

  /** A configuration came after another one. */
  taken(before: FlagSet | undefined, after: FlagSet): void {
    if (this.#listeners.size === 0) return;
    const keys = before ? after.changedSince(before) : [...after.keys];
    if (keys.length === 0) return;
    for (const listener of [...this.#listeners]) this.#call(() => listener(before, after, keys));
  }

  /** The client's state is another one. */
  state(state: State, message: string | undefined): void {
    for (const listener of [...this.#states]) this.#call(() => listener(state, message));
  }

  #add(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #call(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#logger.error(`a listener threw: ${String(error)}`);
    }
  }
}

function differs({ before, after }: AnswerChange): boolean {
  return (
    before.variant !== after.variant ||
    before.reason !== after.reason ||
    before.errorCode !== after.errorCode ||
    !isDeepStrictEqual(before.value, after.value)
  );
}

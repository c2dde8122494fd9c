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

/** Called with the configuration after a change, and the keys that may differ; `undefined`: time has passed. */
type Listener = (flags: FlagSet, keys: readonly string[] | undefined) => void;

/** How often it is looked for answers that time alone has changed: an experiment starts, a target expires. */
const LOOK_MS = 5_000;

/** The listeners of one client. One that throws is told of, and the others are called. */
export class Listeners {
  readonly #listeners = new Set<Listener>();
  readonly #states = new Set<StateListener>();
  readonly #logger: Logger;
  readonly #look: Look;
  readonly #held: () => FlagSet | undefined;
  /** How many name a user; while there is one, there is a timer. */
  #named = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `held`: what is served now. */
  constructor(logger: Logger, held: () => FlagSet | undefined, look: Look) {
    this.#logger = logger;
    this.#held = held;
    this.#look = look;
  }

  /** Gives a function that ends it. */
  onKeys(listener: KeysListener, flag: string | undefined): () => void {
    return this.#add((_flags, keys = []) => {
      const told = flag === undefined ? keys : keys.filter((key) => key === flag);
      if (told.length > 0) listener(told);
    });
  }

  /** The same for what one user is served. */
  onAnswers(listener: AnswerListener, flag: string | undefined, user: User): () => void {
    const served = new Map<string, Detail>();
    const held = this.#held();
    for (const key of flag === undefined ? (held?.keys ?? []) : [flag]) if (held) served.set(key, this.#look(held, key, user));
    const end = this.#add((flags, keys) => {
      for (const key of keys ?? new Set([...served.keys(), ...flags.keys])) {
        if (flag !== undefined && key !== flag) continue;
        const change = { flag: key, before: served.get(key) ?? ABSENT, after: this.#look(flags, key, user) };
        served.set(key, change.after);
        if (differs(change)) this.#call(() => listener(change));
      }
    });
    this.#named += 1;
    this.#timer ??= setInterval(() => this.look(), LOOK_MS).unref();
    return () => {
      if (end()) this.#named -= 1;
      if (this.#named === 0) this.rest();
    };
  }

  /** Time has passed, which changes answers, too. */
  look(): void {
    const flags = this.#held();
    if (flags) for (const listener of [...this.#listeners]) this.#call(() => listener(flags, undefined));
  }

  /** Looks no more. */
  rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
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
    for (const listener of [...this.#listeners]) this.#call(() => listener(after, keys));
  }

  /** The client's state is another one. */
  state(state: State, message: string | undefined): void {
    for (const listener of [...this.#states]) this.#call(() => listener(state, message));
  }

  /** Gives a function that ends it, and says whether it had not ended yet. */
  #add(listener: Listener): () => boolean {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #call(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#logger.error(`a listener threw: ${String(error)}`);
    }
  }
}

/** Of a flag while nothing was held. */
const ABSENT: Detail = Object.freeze({
  value: null,
  variant: undefined,
  reason: "ERROR",
  errorCode: "FLAG_NOT_FOUND",
  errorMessage: "no configuration was held",
  version: 0,
  experiment: undefined,
  experiments: [],
  metadata: {},
});

function differs({ before, after }: AnswerChange): boolean {
  return (
    before.variant !== after.variant ||
    before.reason !== after.reason ||
    before.errorCode !== after.errorCode ||
    !isDeepStrictEqual(before.value, after.value)
  );
}

/** Evaluates without a pause, and counts what it is answered. */

import type { FeatureFlagClient } from "../client.js";
import { writeJson } from "../engine/json_text.js";
import type { User } from "../user.js";

const BEAT_MS = 5;

/** What came of it. */
export interface Hammered {
  readonly evaluations: number;
  readonly exceptions: number;
  /** By flag, how often each `value|variant|reason|error` came. */
  readonly answers: Record<string, Record<string, number>>;
}

/** Each flag for each user in turn, so many a second. */
export class Hammer {
  readonly #client: FeatureFlagClient;
  readonly #pairs: [string, User][];
  readonly #timer: NodeJS.Timeout;
  readonly #answers: Record<string, Record<string, number>> = {};
  #evaluations = 0;
  #exceptions = 0;

  constructor(client: FeatureFlagClient, flags: readonly string[], users: readonly User[], perSecond: number) {
    this.#client = client;
    this.#pairs = flags.flatMap((flag) => users.map((user): [string, User] => [flag, user]));
    const began = performance.now();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - began) * perSecond) / 1000;
      while (this.#evaluations < due) this.#once();
    }, BEAT_MS);
  }

  stop(): Hammered {
    clearInterval(this.#timer);
    return { evaluations: this.#evaluations, exceptions: this.#exceptions, answers: this.#answers };
  }

  #once(): void {
    const [flag, user] = this.#pairs[this.#evaluations % this.#pairs.length] as [string, User];
    this.#evaluations += 1;
    try {
      const { value, variant, reason, errorCode } = this.#client.detailSync(flag, user);
      const answer = `${writeJson(value ?? null)}|${variant ?? "null"}|${reason}|${errorCode ?? "null"}`;
      const counts = (this.#answers[flag] ??= {});
      counts[answer] = (counts[answer] ?? 0) + 1;
    } catch {
      this.#exceptions += 1;
    }
  }
}

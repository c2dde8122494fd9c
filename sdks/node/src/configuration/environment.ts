/** What the edge says about the key's environment beside its flags. */

import { later } from "../timers.js";
import type { EdgeReader } from "./reader.js";
import { Fault, Refusal } from "../http/faults.js";
import { aboutEvery, jitter, type Pauses } from "../http/retry.js";
import { wrongKind } from "./refusal.js";

const AGAIN_MS = 300_000;

/** `GET /v1/environment`, as far as an SDK needs it. */
export interface EnvironmentInfo {
  /** `project/environment`. */
  readonly flagSetId: string;
  /** The ingestor's address, where the edge knows one. */
  readonly eventsUrl: string | undefined;
  /** Attributes that every exposure carries. */
  readonly exposureAttributes: readonly string[];
}

/** Reads it at the start and every five minutes, and goes on with what it has. */
export class Environment {
  info: EnvironmentInfo | undefined;
  readonly #reader: EdgeReader;
  readonly #pauses: Pauses;
  readonly #refused: (refusal: Refusal) => void;
  #attempted: () => void = () => undefined;
  /** Resolves when the first reading has ended, however. */
  readonly attempted = new Promise<void>((resolve) => (this.#attempted = resolve));
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(reader: EdgeReader, pauses: Pauses, refused: (refusal: Refusal) => void) {
    this.#reader = reader;
    this.#pauses = pauses;
    this.#refused = refused;
  }

  start(): void {
    void this.#read(0);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#attempted();
  }

  async #read(attempt: number): Promise<void> {
    let next = aboutEvery(AGAIN_MS);
    let failed = 0;
    try {
      this.info = infoOf(await this.#reader.environment());
    } catch (error) {
      if (error instanceof Refusal) {
        this.#refused(error);
        this.close();
        return;
      }
      failed = attempt + 1;
      next = jitter(attempt, this.#pauses, error instanceof Fault ? error.retryAfter : 0);
    }
    this.#attempted();
    if (!this.#closed) this.#timer = later(next, () => void this.#read(failed));
  }
}

function infoOf(told: Record<string, unknown>): EnvironmentInfo {
  if (told["key_kind"] === "client") throw wrongKind();
  const { project, environment, events_url: events, exposure_attributes: names } = told;
  return {
    flagSetId: `${String(project)}/${String(environment)}`,
    eventsUrl: typeof events === "string" && URL.canParse(events) ? events.replace(/\/+$/, "") : undefined,
    exposureAttributes: Array.isArray(names) ? names.filter((each) => typeof each === "string") : [],
  };
}

/** Everything that a client tells of what it did: exposures, metrics and usage. */

import type { Context, JsonObject } from "../engine/index.js";
import { writeJson } from "../engine/json_text.js";
import type { Transport } from "../http/transport.js";
import type { OnceLogger } from "../logger.js";
import type { Settings } from "../options.js";
import type { Outcome } from "../outcome.js";
import { attributesOf, contextOf, type Attributes, type User } from "../user.js";
import { Private } from "./attributes.js";
import { forget, remember, type Leaving } from "./exit.js";
import { Exposures } from "./exposures.js";
import { Keys } from "./identity.js";
import { measured, type Measured } from "./metrics.js";
import { EventQueue } from "./queue.js";
import { Delivery } from "./delivery.js";
import { Usage } from "./usage.js";

/** At the process's exit, its rest is sent for so long at most. */
const LEAVING_MS = 2_000;

/** Counts of events, for `status`. */
export interface EventCounts {
  readonly queued: number;
  readonly sent: number;
  /** How many are lost, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** What reporting works with; `address` is the ingestor's. */
export interface Reported {
  readonly settings: Settings;
  readonly transport: Transport;
  readonly address: () => Promise<string>;
  readonly exposureAttributes: () => readonly string[];
  readonly once: OnceLogger;
}

/** Nothing here waits: what is reported is queued, and sent in the background. */
export class Reporting implements Leaving {
  readonly #settings: Settings;
  readonly #once: OnceLogger;
  readonly #queue: EventQueue;
  readonly #delivery: Delivery;
  readonly #exposures: Exposures;
  readonly #usage: Usage | undefined;
  readonly #keys: Keys;
  readonly #private: Private;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor({ settings, transport, address, exposureAttributes, once }: Reported) {
    this.#settings = settings;
    this.#once = once;
    this.#keys = new Keys(settings.hashKeysWith);
    this.#private = new Private(settings.privateAttributes);
    this.#queue = new EventQueue(settings.queueSize, settings.batchSize);
    this.#delivery = new Delivery({
      queue: this.#queue,
      transport,
      address,
      flushMs: settings.flushMs,
      firstPauseMs: settings.retryFirstMs,
      logger: settings.logger,
      once,
    });
    this.#exposures = new Exposures({
      keys: this.#keys,
      isPrivate: this.#private,
      exposureAttributes,
      put: (event) => this.#put(event),
      drop: (loss) => void this.#queue.drop(loss),
      once,
    });
    if (settings.offline) {
      this.#queue.close("offline");
      return;
    }
    remember(this);
    if (settings.usage) {
      this.#usage = new Usage(Date.now());
      this.#timer = setInterval(() => this.#tellUsage(), settings.usageMs).unref();
    }
  }

  /** One flag was evaluated for somebody. */
  evaluated(outcome: Outcome, context: Context, now: number): void {
    this.#usage?.count(outcome, false);
    if (outcome.exposes !== 0 && this.#settings.exposures === "automatic" && !this.#settings.offline) {
      this.#exposures.consider(outcome, context, now);
    }
  }

  /** It was evaluated with all others. */
  listed(outcome: Outcome): void {
    this.#usage?.count(outcome, true);
  }

  /** The application wants this exposure. */
  exposed(outcome: Outcome, context: Context, now: number): void {
    this.#usage?.count(outcome, false);
    if (this.#settings.exposures !== "off" && !this.#settings.offline) this.#exposures.report(outcome, context, now);
  }

  /** The application measured something. */
  measured(name: string, value: number | bigint | undefined, user: User, properties: Attributes): void {
    const made = this.#measured(name, value, user, properties);
    if ("event" in made) {
      this.#put(made.event);
      return;
    }
    this.#queue.drop("invalid");
    this.#once.warn(`metric ${String(name)} ${made.wrong}`, `a metric event is dropped: ${made.wrong} (${String(name)})`);
  }

  #measured(name: string, value: number | bigint | undefined, user: User, properties: Attributes): Measured {
    try {
      const key = contextOf(user, this.#once)["targetingKey"];
      const told = attributesOf(properties, this.#once);
      return measured(name, value, key, told, { keys: this.#keys, isPrivate: this.#private, now: Date.now() });
    } catch (error) {
      return { wrong: `it can't be read: ${String(error)}` };
    }
  }

  get counts(): EventCounts {
    return { queued: this.#queue.length, sent: this.#queue.sent, dropped: { ...this.#queue.dropped } };
  }

  /** Sends what is queued and counted; true when nothing is left after `ms` at most. */
  flush(ms: number): Promise<boolean> {
    this.#tellUsage();
    return this.#delivery.flush(ms);
  }

  /** Sends what is there, usage too, for `ms` at most; then nothing any more. True when nothing was left. */
  async close(ms: number): Promise<boolean> {
    clearInterval(this.#timer);
    this.#tellUsage();
    const all = await this.#delivery.flush(ms);
    this.#delivery.close();
    forget(this);
    return all;
  }

  /** The key is refused: whatever is queued is dropped, and whatever comes. */
  refuse(): void {
    this.#queue.close("refused");
  }

  get pending(): boolean {
    return this.#queue.length > 0 || (this.#usage?.pending ?? false);
  }

  async leave(): Promise<void> {
    this.#tellUsage();
    await this.#delivery.flush(LEAVING_MS);
  }

  #tellUsage(): void {
    for (const event of this.#usage?.take(Date.now()) ?? []) this.#put(event);
  }

  #put(event: object): boolean {
    const queued = this.#queue.put(event, written);
    if (queued) this.#delivery.queued();
    return queued;
  }
}

/** JSON of an event; the usual one has no `bigint`. */
function written(event: object): string {
  try {
    return JSON.stringify(event);
  } catch {
    return writeJson(event as JsonObject);
  }
}

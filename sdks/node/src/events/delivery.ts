/** Sends events in batches, again and again with the same ids until somebody has them. */

import { promisify } from "node:util";
import { gzip } from "node:zlib";

import { isRefused } from "../configuration/refusal.js";
import { isObject } from "../engine/json.js";
import { Fault } from "../http/faults.js";
import { jitter, type Pauses } from "../http/retry.js";
import { failureIn, type Answer, type Transport } from "../http/transport.js";
import type { Logger, OnceLogger } from "../logger.js";
import { later, monotonic, pause, within } from "../timers.js";
import type { EventQueue } from "./queue.js";

const pack = promisify(gzip);
const LONGEST_PAUSE_MS = 300_000;

/** What a delivery works with. */
export interface Delivering {
  readonly queue: EventQueue;
  readonly transport: Transport;
  /** The ingestor's address, as soon as it is known. */
  readonly address: () => Promise<string>;
  readonly flushMs: number;
  readonly firstPauseMs: number;
  readonly logger: Logger;
  readonly once: OnceLogger;
}

/** One batch at a time. Nothing here keeps a process alive but a `flush` that somebody awaits. */
export class Delivery {
  readonly #with: Delivering;
  readonly #pauses: Pauses;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  /** Ends the pause before the next attempt. */
  #hurry = new AbortController();
  /** Nothing is sent before, because a server has said so. */
  #notBefore = 0;
  readonly #closing = new AbortController();

  constructor(delivering: Delivering) {
    this.#with = delivering;
    this.#pauses = { first: delivering.firstPauseMs, longest: LONGEST_PAUSE_MS };
  }

  /** An event was queued. */
  queued(): void {
    if (this.#closing.signal.aborted || this.#sending) return;
    if (this.#with.queue.fills) this.#send();
    else this.#timer ??= later(this.#with.flushMs, () => this.#send());
  }

  /** Sends now; true when nothing is left after at most `ms`. */
  async flush(ms: number): Promise<boolean> {
    if (this.#with.queue.length === 0) return true;
    if (this.#closing.signal.aborted) return false;
    if (this.#sending) this.#hurry.abort();
    else this.#send();
    await within(ms, this.#sending ?? Promise.resolve(), undefined);
    return this.#with.queue.length === 0;
  }

  /** Sends nothing any more; what waits is lost, and counted. */
  close(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#hurry.abort();
    this.#with.queue.close("closed");
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      if (this.#with.queue.length > 0) this.queued();
    });
  }

  async #sendAll(): Promise<void> {
    const { queue } = this.#with;
    for (let batch = queue.take(); batch && !this.#closing.signal.aborted; batch = queue.take()) {
      await this.#deliver(batch);
      queue.done();
    }
    queue.done();
  }

  /** Returns when the batch has arrived, or never will. */
  async #deliver(batch: readonly string[]): Promise<void> {
    const body = await pack(`[${batch.join(",")}]`);
    for (let attempt = 0; ; attempt += 1) {
      let fault: Fault;
      try {
        fault = this.#settled(await this.#ask(body), batch.length) ?? SETTLED;
      } catch (error) {
        fault = error instanceof Fault ? error : new Fault(String(error));
      }
      if (fault === SETTLED) return;
      if (this.#closing.signal.aborted) return void this.#with.queue.drop("closed", batch.length);
      this.#with.once.warn("ingestor", `events can't be sent now, they wait: ${fault.message}`);
      this.#notBefore = monotonic() + fault.retryAfter;
      await this.#pause(jitter(attempt, this.#pauses, fault.retryAfter));
      if (this.#closing.signal.aborted) return void this.#with.queue.drop("closed", batch.length);
    }
  }

  async #ask(body: Buffer): Promise<Answer> {
    const url = `${await this.#with.address()}/v1/events`;
    const headers = { "Content-Type": "application/json", "Content-Encoding": "gzip" };
    return this.#with.transport.ask({ url, headers, body });
  }

  /** Who is in a hurry cuts the jitter, never what a server asked for. */
  async #pause(ms: number): Promise<void> {
    if (this.#hurry.signal.aborted) this.#hurry = new AbortController();
    await pause(ms, this.#hurry.signal);
    const left = this.#notBefore - monotonic();
    if (left > 0) await pause(left, this.#closing.signal);
  }

  /** A fault when it has to be sent again. */
  #settled(answer: Answer, count: number): Fault | undefined {
    const { queue, logger } = this.#with;
    const { status } = answer;
    if (status >= 200 && status < 300) {
      this.#taken(answer, count);
      return undefined;
    }
    const { code, detail, retryAfter } = failureIn(answer, Date.now());
    if (status === 429 || status >= 500) return new Fault(`the ingestor answers ${status}`, true, retryAfter);
    const told = `${status}${code && ` ${code}`}${detail && `: ${detail}`}`;
    if (isRefused(status)) {
      logger.error(`the ingestor refuses the SDK key, so events are dropped (${told})`);
      queue.drop("refused", count);
      queue.close("refused");
    } else {
      logger.warn(`the ingestor takes a batch of ${count} events not (${told})`);
      queue.drop("rejected", count);
    }
    return undefined;
  }

  #taken(answer: Answer, count: number): void {
    const { queue, once } = this.#with;
    const rejected = rejectedIn(answer.body);
    queue.sent += count - rejected.length;
    for (const { code, detail } of rejected) {
      queue.drop("rejected");
      once.warn(`event ${String(code)}`, `the ingestor takes events not: ${String(code)}, ${String(detail)}`);
    }
  }
}

const SETTLED = new Fault("");

function rejectedIn(body: Buffer): Record<string, unknown>[] {
  try {
    const told: unknown = JSON.parse(body.toString("utf8"));
    const rejected = isObject(told) ? told["rejected"] : undefined;
    return Array.isArray(rejected) ? rejected.filter(isObject) : [];
  } catch {
    return [];
  }
}

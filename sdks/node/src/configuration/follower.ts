/** Follows the configuration: streams it, polls it where streams can't pass, and comes back after every fault. */

import type { Said } from "../http/event_stream.js";
import { Fault, Refusal } from "../http/faults.js";
import { aboutEvery, jitter, type Pauses } from "../http/retry.js";
import type { Logger } from "../logger.js";
import { monotonic, pause } from "../timers.js";
import type { Endpoints } from "./endpoints.js";
import type { Intake } from "./intake.js";
import type { EdgeReader } from "./reader.js";
import { listen, type Ended } from "./stream.js";

/** A connection that lived so long was a good one: the pauses begin anew. */
const GOOD_MS = 60_000;
const LONGEST_PAUSE_MS = 30_000;
/** How often streams are tried again while polling, and the first address while another one is in use. */
const AGAIN_MS = 300_000;
/** Streams that fail in a row, while the configuration can be read, before it is polled. */
const STREAMS_FAIL = 3;

/** How the configuration is followed now. */
export type Mode = "stream" | "poll" | "none";

/** What the follower works with. */
export interface Following {
  readonly reader: EdgeReader;
  readonly endpoints: Endpoints;
  readonly intake: Intake;
  readonly polling: "auto" | "always";
  readonly pollMs: number;
  readonly pauses: Pauses;
  readonly silenceMs: number;
  readonly logger: Logger;
  readonly refused: (refusal: Refusal) => void;
}

/** One loop from `start` to `close`; nothing in it keeps a process alive. */
export class Follower {
  mode: Mode = "none";
  /** What went wrong last. */
  lastError: string | undefined;
  readonly #with: Following;
  readonly #closing = new AbortController();
  /** Reads the whole configuration before the next stream. */
  #readFirst = true;
  /** Attempts since a connection was good. */
  #attempt = 0;
  #streamsFailed = 0;
  /** When streams are tried again; undefined while they are. */
  #streamAgainAt: number | undefined;
  /** When the first address is tried again while another one is in use. */
  #firstAgainAt = 0;
  #retryMs = 0;
  #down = false;

  constructor(following: Following) {
    this.#with = following;
    if (following.polling === "always") this.#streamAgainAt = Infinity;
  }

  start(): void {
    void this.#run();
  }

  close(): void {
    this.#closing.abort(new Fault("closed"));
    this.mode = "none";
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let waitMs: number;
      try {
        waitMs = await this.#turn();
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Refusal) {
          this.close();
          this.lastError = error.message;
          this.#with.refused(error);
          return;
        }
        waitMs = this.#failed(error instanceof Fault ? error : new Fault(String(error)));
      }
      await pause(waitMs, signal);
    }
  }

  /** One reading, one stream, or both. Gives the milliseconds until the next turn; rejects with a Fault. */
  async #turn(): Promise<number> {
    const streaming = this.#streamAgainAt === undefined || monotonic() >= this.#streamAgainAt;
    const polling = this.#streamAgainAt !== undefined;
    const readFirst = this.#readFirst || polling;
    if (this.#with.endpoints.elsewhere && monotonic() >= this.#firstAgainAt) this.#with.endpoints.back();
    if (readFirst) {
      await this.#with.intake.read();
      this.#readFirst = false;
      this.#isUp();
    }
    if (!streaming) {
      this.mode = "poll";
      this.#attempt = 0;
      return aboutEvery(this.#with.pollMs);
    }
    const ended = await this.#stream();
    if (this.#closing.signal.aborted) throw ended.fault;
    return this.#afterStream(ended, readFirst);
  }

  async #stream(): Promise<Ended> {
    const { reader, intake, silenceMs } = this.#with;
    const stop = new AbortController();
    const closed = (): void => stop.abort(this.#closing.signal.reason);
    this.#closing.signal.addEventListener("abort", closed, { once: true });
    const watch = this.#with.endpoints.elsewhere ? this.#watchFirst(stop) : undefined;
    try {
      return await listen({
        open: () => reader.stream(intake.streamId, stop.signal),
        opened: () => this.#opened(),
        heard: (said) => this.#heard(said),
        silenceMs,
      });
    } finally {
      clearInterval(watch);
      this.#closing.signal.removeEventListener("abort", closed);
    }
  }

  #opened(): void {
    this.mode = "stream";
    this.#isUp();
  }

  async #heard(said: Said): Promise<void> {
    await this.#with.intake.heard(said);
    this.#streamsFailed = 0;
    this.#streamAgainAt = undefined;
  }

  /** While another address is in use: leaves it for the first one as soon as that answers. */
  #watchFirst(stop: AbortController): NodeJS.Timeout {
    const { endpoints, reader } = this.#with;
    const look = async (): Promise<void> => {
      try {
        await reader.environment(endpoints.first);
      } catch {
        return;
      }
      if (stop.signal.aborted) return;
      endpoints.back();
      stop.abort(new Back());
    };
    return setInterval(() => void look(), AGAIN_MS).unref();
  }

  #afterStream(ended: Ended, read: boolean): number {
    if (ended.retryMs > 0) this.#retryMs = ended.retryMs;
    if (ended.fault instanceof Back) {
      this.#attempt = 0;
      return 0;
    }
    if (ended.livedMs >= GOOD_MS) this.#attempt = 0;
    if (!ended.spoke) {
      this.#streamsFailed = read || ended.opened || ended.fault.answered ? this.#streamsFailed + 1 : 0;
      // Where something answers, but no stream comes of it, the whole is read: then it is known whether streams can't pass.
      this.#readFirst ||= ended.fault.answered || this.#streamsFailed > 1;
      if (this.#streamAgainAt !== undefined || (read && this.#streamsFailed >= STREAMS_FAIL)) return this.#poll(ended.fault);
    }
    this.#readFirst ||= this.#with.intake.lost;
    return this.#failed(ended.fault);
  }

  /** Streams can't pass: the configuration is read now and then. */
  #poll(fault: Fault): number {
    if (this.#streamAgainAt === undefined) this.#with.logger.warn(`streams can't pass, so the edge is polled: ${fault.message}`);
    this.#streamAgainAt = monotonic() + AGAIN_MS;
    this.#streamsFailed = 0;
    this.lastError = fault.message;
    this.mode = "poll";
    this.#attempt = 0;
    return aboutEvery(this.#with.pollMs);
  }

  /** What to wait after a fault. */
  #failed(fault: Fault): number {
    const { endpoints, pauses, logger } = this.#with;
    this.lastError = fault.message;
    this.mode = "none";
    if (!this.#down) logger.info(`${endpoints.current}: ${fault.message}`);
    if (this.#attempt === STREAMS_FAIL) logger.warn(`the edge can't be followed, what is held is served: ${fault.message}`);
    this.#down = true;
    if (!endpoints.elsewhere) this.#firstAgainAt = monotonic() + AGAIN_MS;
    endpoints.failed();
    const first = Math.max(pauses.first, this.#retryMs);
    return jitter(this.#attempt++, { first, longest: Math.max(pauses.longest, first) }, fault.retryAfter);
  }

  #isUp(): void {
    if (this.#down) this.#with.logger.info(`${this.#with.endpoints.current} answers again`);
    this.#down = false;
  }
}

/** The first address answers again. */
class Back extends Fault {
  constructor() {
    super("the first address answers again", true);
  }
}

/** The pauses of a client whose first one is at most `firstMs`. */
export function pausesOf(firstMs: number): Pauses {
  return { first: firstMs, longest: LONGEST_PAUSE_MS };
}

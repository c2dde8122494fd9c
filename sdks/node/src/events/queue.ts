/** Events that wait to be sent. */

/** Why an event never arrives, for the counts of `status`. */
export type Loss = string;

/** An event as JSON. */
export interface Queued {
  readonly text: string;
  readonly bytes: number;
}

/** The longest body of a request, unpacked. */
const BODY_BYTES_MAX = 900_000;
/** The longest event that an ingestor takes. */
const EVENT_BYTES_MAX = 32 * 1024;

/** A queue that never grows beyond its size: when it is full the newest event is dropped and counted. */
export class EventQueue {
  readonly dropped: Record<Loss, number> = {};
  sent = 0;
  readonly #size: number;
  readonly #batchSize: number;
  #waiting: Queued[] = [];
  /** Where the waiting ones begin. */
  #head = 0;
  /** Of a batch that is under way. */
  #taken = 0;
  #closed: Loss | undefined;

  constructor(size: number, batchSize: number) {
    this.#size = size;
    this.#batchSize = batchSize;
  }

  /** All that are not sent yet. */
  get length(): number {
    return this.#waiting.length - this.#head + this.#taken;
  }

  /** Is there enough for a batch? */
  get fills(): boolean {
    return this.#waiting.length - this.#head >= this.#batchSize;
  }

  /** False when it was dropped. */
  put(event: object, write: (event: object) => string): boolean {
    if (this.#closed !== undefined) return this.drop(this.#closed);
    if (this.length >= this.#size) return this.drop("queue_full");
    const text = write(event);
    const bytes = Buffer.byteLength(text);
    if (bytes > EVENT_BYTES_MAX) return this.drop("too_large");
    this.#waiting.push({ text, bytes });
    return true;
  }

  /** Counts what is lost. */
  drop(loss: Loss, count = 1): false {
    this.dropped[loss] = (this.dropped[loss] ?? 0) + count;
    return false;
  }

  /** Takes a batch, which counts as waiting until `done`; undefined when nothing waits. */
  take(): string[] | undefined {
    const texts: string[] = [];
    let bytes = 2;
    while (this.#head < this.#waiting.length && texts.length < this.#batchSize) {
      const next = this.#waiting[this.#head] as Queued;
      bytes += next.bytes + 1;
      if (texts.length > 0 && bytes > BODY_BYTES_MAX) break;
      texts.push(next.text);
      this.#head += 1;
    }
    if (this.#head === this.#waiting.length || this.#head > this.#size) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    this.#taken = texts.length;
    return texts.length === 0 ? undefined : texts;
  }

  /** The batch that was taken last is settled. */
  done(): void {
    this.#taken = 0;
  }

  /** Forgets all that wait, and all that come. */
  close(loss: Loss): void {
    this.#closed = loss;
    const waiting = this.#waiting.length - this.#head;
    this.#waiting = [];
    this.#head = 0;
    if (waiting > 0) this.drop(loss, waiting);
  }
}

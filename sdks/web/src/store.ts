/** The last answer, kept for the next page of the same user. */

import { answersOf, type Answers } from './answers.js';
import { objectOf, textOf } from './json.js';
import type { KeptIn, Logger } from './options.js';

const FORMAT = 1;

/** One entry for each SDK key. It names user and key by digests alone; one that is damaged is passed over. */
export class Store {
  readonly #name: string;
  #warned = false;

  constructor(
    private readonly kept: KeptIn | undefined,
    key: string,
    private readonly logger: Logger,
  ) {
    this.#name = `verdict.${digest(key)}`;
  }

  /** The answer for this very context, and its entity tag; undefined when there is none. */
  read(context: string): { answers: Answers; etag: string | null } | undefined {
    try {
      const entry = objectOf(JSON.parse(this.kept?.getItem(this.#name) ?? 'null'));
      const text = textOf(entry?.['answer']) ?? '';
      if (entry?.['format'] !== FORMAT || entry['context'] !== digest(context) || entry['digest'] !== digest(text)) {
        return undefined;
      }
      return { answers: answersOf(text), etag: textOf(entry['etag']) ?? null };
    } catch {
      return undefined;
    }
  }

  write(context: string, answer: string, etag: string | null): void {
    if (!this.kept) return;
    const entry = { format: FORMAT, context: digest(context), etag, saved_at: Date.now(), digest: digest(answer), answer };
    try {
      this.kept.setItem(this.#name, JSON.stringify(entry));
    } catch (error) {
      if (!this.#warned) this.logger.warn(`the last answer can't be kept: ${String(error)}`);
      this.#warned = true;
    }
  }
}

/** Tells texts apart in 106 bits; keeps no secret. (FNV-1a over two lanes of 53 bits, mixed as Murmur does.) */
export function digest(text: string): string {
  return lane(text, 0) + lane(text, 1);
}

function lane(text: string, seed: number): string {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36).padStart(11, '0');
}

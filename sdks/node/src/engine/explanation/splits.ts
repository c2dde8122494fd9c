/** Buckets with what they are made of and what they decide. */

import { TARGETING_KEY } from "../attributes.js";
import { ALGORITHM } from "../hashing.js";
import type { JsonObject } from "../json.js";
import type { Share } from "../model.js";

/** Tells buckets; the salt only if it may be shown. */
export class SplitTracer {
  readonly #salt: string;

  constructor(salt: string, showSalt: boolean) {
    this.#salt = showSalt ? salt : "(hidden)";
  }

  /** The bucket and its three inputs. */
  bucket(key: string, bucketBy: string | undefined, unit: string, bucket: number): JsonObject {
    const inputs = { salt: this.#salt, key, unit, unit_attribute: bucketBy || TARGETING_KEY };
    return { bucket, algorithm: ALGORITHM, inputs };
  }
}

/** Each share with the buckets it owns, `from` inclusive, `to` exclusive. */
export function ranges(shares: readonly Share[]): JsonObject[] {
  let from = 0;
  return shares.map(({ variation, weight }) => {
    const range = { variation, from, to: from + weight };
    from = range.to;
    return range;
  });
}

/** The variation that owns a bucket. */
export function owner(shares: readonly Share[], bucket: number): string {
  let end = 0;
  const found = shares.find(({ weight }) => bucket < (end += weight));
  return found?.variation ?? "";
}

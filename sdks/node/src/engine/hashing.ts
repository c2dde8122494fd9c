/**
 * Bucketing `sha256-10000-v1`: the bucket of a unit, one of 10,000.
 *
 * `bucket = unsigned big-endian integer of SHA-256(UTF-8(salt + key + unit)) mod 10000`.
 */

import { createHash } from "node:crypto";

import type { Json } from "./json.js";
import { BLOCK_BYTES, begun, compress, finish } from "./sha256.js";
import { writeText } from "./texts.js";

export const ALGORITHM = "sha256-10000-v1";
export const BUCKET_COUNT = 10_000;

/** Longer units are hashed by Node, which is faster there. */
const SHORT_TEXT_MAX = 512;
const BYTES = new Uint8Array(BLOCK_BYTES + 3 * SHORT_TEXT_MAX + 2 * BLOCK_BYTES);
const STATE = new Int32Array(8);

/** Salt and key, read beforehand: what is left to do for each unit. */
export class Start {
  readonly #state: Int32Array = begun();
  readonly #text: string;
  readonly #rest: Uint8Array;
  readonly #read: number;

  constructor(salt: string, key: string) {
    this.#text = salt + key;
    const bytes = Buffer.from(this.#text.toWellFormed(), "utf-8");
    this.#read = bytes.length - (bytes.length % BLOCK_BYTES);
    for (let at = 0; at < this.#read; at += BLOCK_BYTES) compress(this.#state, bytes, at);
    this.#rest = new Uint8Array(bytes.subarray(this.#read));
  }

  /** The bucket (0 to 9999) of a unit; total: any text has one. */
  bucket(unit: string): number {
    if (unit.length > SHORT_TEXT_MAX) return longBucket(this.#text + unit);
    const bytes = BYTES;
    const rest = this.#rest;
    const start = rest.length;
    for (let i = 0; i < start; i++) bytes[i] = rest[i]!;
    const end = writeText(unit, bytes, start);
    const state = STATE;
    const read = this.#state;
    for (let i = 0; i < 8; i++) state[i] = read[i]!;
    finish(state, bytes, end, this.#read + end);
    return bucketOf(state);
  }
}

function longBucket(text: string): number {
  const digest = createHash("sha256").update(text.toWellFormed(), "utf-8").digest();
  return bucketOf(Int32Array.from({ length: 8 }, (_, index) => digest.readInt32BE(4 * index)));
}

/** The digest, as one number of 256 bits, modulo 10000. What is divided stays below 2^46, so the quotient's floor is exact. */
function bucketOf(digest: Int32Array): number {
  let bucket = 0;
  for (let i = 0; i < 8; i++) {
    const dividend = bucket * 2 ** 32 + (digest[i]! >>> 0);
    bucket = dividend - Math.floor(dividend / BUCKET_COUNT) * BUCKET_COUNT;
  }
  return bucket;
}

/** The bucket (0 to 9999) of `unit`; total: any three texts have one, the empty ones too. */
export function bucket(salt: string, key: string, unit: string): number {
  return new Start(salt, key).bucket(unit);
}

/**
 * The text that stands for a unit, or undefined if `value` can't be one.
 *
 * A string is its own key; a number without a fraction whose magnitude is below 2^53 has its decimal digits, so 123,
 * 123n and "123" are one unit.
 */
export function unitKey(value: Json | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? String(value) : undefined;
  return undefined;
}

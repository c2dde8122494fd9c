/**
 * Long lists: the targeting keys that a segment lists by the hundred thousand, in chunks that are looked into one each.
 *
 * A key stands in the chunk whose number its hash leads to: chunk 1 is the whole, and a chunk that has become too large
 * is divided into 2n and 2n + 1 by the next bit. So a list of any length changes by one chunk, and a look-up costs the
 * same.
 */

import { createHash } from "node:crypto";

import { EvaluationFailed } from "./errors.js";
import { begun, finish } from "./sha256.js";
import { writeText } from "./texts.js";

export const CHUNK_NUMBER_MAX = 2 ** 17 - 1;

/** Longer keys are hashed by Node. */
const SHORT_BYTES_MAX = 2048;
const SCRATCH = new Uint8Array(SHORT_BYTES_MAX + 128);
const STATE = begun();
const BEGIN = begun();

/** A key as UTF-8, and the first 64 bits of its SHA-256, in two halves. */
interface Hashed {
  readonly bytes: Uint8Array;
  readonly high: number;
  readonly low: number;
}

function utf8(key: string): Uint8Array {
  const bytes = new Uint8Array(key.length * 3);
  return bytes.subarray(0, writeText(key, bytes, 0, true));
}

/** Where a key belongs. */
export function keyHash(key: string): Hashed {
  const bytes = utf8(key);
  if (bytes.length > SHORT_BYTES_MAX) {
    const digest = createHash("sha256").update(bytes).digest();
    return { bytes, high: digest.readUInt32BE(0), low: digest.readUInt32BE(4) };
  }
  STATE.set(BEGIN);
  SCRATCH.set(bytes);
  finish(STATE, SCRATCH, bytes.length, bytes.length);
  return { bytes, high: STATE[0]! >>> 0, low: STATE[1]! >>> 0 };
}

/** The number of the chunk at `depth` (0: the whole) in which a key of this hash stands. */
export function chunkNumber(high: number, depth: number): number {
  return depth === 0 ? 1 : 2 ** depth + (high >>> (32 - depth));
}

/** Keys that never change, in 12 bytes each beside their text: found by their hash, then compared as texts. */
export class KeyTable {
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #text: Uint8Array;

  constructor(keys: Iterable<string>) {
    const hashed = Array.from(keys, keyHash).sort((one, other) => one.high - other.high || one.low - other.low);
    this.#high = Uint32Array.from(hashed, (each) => each.high);
    this.#low = Uint32Array.from(hashed, (each) => each.low);
    this.#ends = new Uint32Array(hashed.length + 1);
    this.#text = new Uint8Array(hashed.reduce((sum, each) => sum + each.bytes.length, 0));
    let end = 0;
    for (const [index, { bytes }] of hashed.entries()) {
      this.#text.set(bytes, end);
      end += bytes.length;
      this.#ends[index + 1] = end;
    }
  }

  holds(key: Hashed): boolean {
    const { high, low } = key;
    let start = 0;
    let end = this.#high.length;
    while (start < end) {
      const middle = (start + end) >>> 1;
      const order = this.#high[middle]! - high || this.#low[middle]! - low;
      if (order < 0) start = middle + 1;
      else end = middle;
    }
    for (let at = start; this.#high[at] === high && this.#low[at] === low; at++) {
      if (Buffer.compare(this.#text.subarray(this.#ends[at], this.#ends[at + 1]), key.bytes) === 0) return true;
    }
    return false;
  }
}

/** A part of a long list: the included and the excluded keys of one range of hashes. */
export class ListChunk {
  constructor(
    readonly number: number,
    readonly digest: string,
    readonly included: KeyTable,
    readonly excluded: KeyTable,
  ) {}
}

/** How a unit stands in a list. */
export type Standing = "included" | "excluded" | undefined;

/** What a segment says of its long list, and those of its chunks that are here. */
export class LongList {
  /** Of the whole list: the sum of its chunks' digests. */
  readonly digest: string;
  /** The digests of its chunks by number, as they are named. */
  readonly references: ReadonlyMap<number, string>;
  readonly chunks: ReadonlyMap<number, ListChunk>;
  readonly #ranges: readonly (ListChunk | undefined)[];
  readonly #depth: number;

  constructor(
    digest: string,
    references: ReadonlyMap<number, string>,
    chunks: ReadonlyMap<number, ListChunk> = new Map(),
  ) {
    this.digest = digest;
    this.references = references;
    this.chunks = chunks;
    this.#depth = Math.max(0, ...Array.from(chunks.keys(), depthOf));
    const ranges = new Array<ListChunk | undefined>(2 ** this.#depth).fill(undefined);
    for (const [number, chunk] of [...chunks].sort(([one], [other]) => one - other)) {
      const depth = depthOf(number);
      const length = 2 ** (this.#depth - depth);
      const start = (number - 2 ** depth) * length;
      ranges.fill(chunk, start, start + length);
    }
    this.#ranges = ranges;
  }

  /** The same list with these chunks, and no others. */
  withChunks(chunks: ReadonlyMap<number, ListChunk>): LongList {
    return new LongList(this.digest, this.references, chunks);
  }

  /** The chunks that are named and not here, with their digests. */
  *missing(): Iterable<[number: number, digest: string]> {
    for (const [number, digest] of this.references) {
      if (this.chunks.get(number)?.digest !== digest) yield [number, digest];
    }
  }

  /**
   * How a unit stands in the list. Throws EvaluationFailed where the chunk isn't here: nobody is taken for a member, or
   * for none, by mistake.
   */
  standing(unit: string | undefined): Standing {
    if (unit === undefined) return undefined;
    const hashed = keyHash(unit);
    const chunk = this.#ranges[this.#depth === 0 ? 0 : hashed.high >>> (32 - this.#depth)];
    if (chunk === undefined) throw new EvaluationFailed("PARSE_ERROR", "a chunk of a segment's long list is not here");
    if (chunk.excluded.holds(hashed)) return "excluded";
    return chunk.included.holds(hashed) ? "included" : undefined;
  }
}

/** How often the whole was divided before there was a chunk of this number. */
function depthOf(number: number): number {
  return 31 - Math.clz32(number);
}

/**
 * SHA-256 of short texts, at once.
 *
 * A unit's bucket is a hash of some forty bytes. What Node has for that costs a call into C++ and objects for each hash, more
 * than the sixty-four rounds themselves; so they stand here, over memory that is allocated once.
 */

const ROUNDS = 64;
export const BLOCK_BYTES = 64;

/** The first 32 bits of the fractional parts of the roots of the first primes: square roots begin, cube roots are K. */
const [BEGIN, K] = constants();
const W = new Int32Array(ROUNDS);

function constants(): [Int32Array, Int32Array] {
  const begin = new Int32Array(8);
  const rounds = new Int32Array(ROUNDS);
  const fraction = (value: number): number => ((value - Math.floor(value)) * 2 ** 32) | 0;
  for (let candidate = 2, found = 0; found < ROUNDS; candidate++) {
    let prime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) prime &&= candidate % divisor !== 0;
    if (!prime) continue;
    if (found < 8) begin[found] = fraction(candidate ** (1 / 2));
    rounds[found++] = fraction(candidate ** (1 / 3));
  }
  return [begin, rounds];
}

/** A new state, of a hash that has read nothing. */
export function begun(): Int32Array {
  return BEGIN.slice();
}

/** Read the block of 64 bytes at `at` into the state. */
export function compress(state: Int32Array, bytes: Uint8Array, at: number): void {
  const w = W;
  const k = K;
  for (let i = 0; i < 16; i++, at += 4) {
    w[i] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let i = 16; i < ROUNDS; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < ROUNDS; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + k[i]! + w[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (c & (a ^ b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = (state[0]! + a) | 0;
  state[1] = (state[1]! + b) | 0;
  state[2] = (state[2]! + c) | 0;
  state[3] = (state[3]! + d) | 0;
  state[4] = (state[4]! + e) | 0;
  state[5] = (state[5]! + f) | 0;
  state[6] = (state[6]! + g) | 0;
  state[7] = (state[7]! + h) | 0;
}

/**
 * Read the last `length` bytes of a message, which stand in `bytes` from 0, into the state; `total` is the length of
 * the whole message, below 2^29. There must be room for 72 bytes behind them.
 */
export function finish(state: Int32Array, bytes: Uint8Array, length: number, total: number): void {
  const end = ((length + 8) & ~(BLOCK_BYTES - 1)) + BLOCK_BYTES;
  bytes[length] = 0x80;
  for (let i = length + 1; i < end - 4; i++) bytes[i] = 0;
  const bits = total << 3;
  bytes[end - 4] = bits >>> 24;
  bytes[end - 3] = bits >>> 16;
  bytes[end - 2] = bits >>> 8;
  bytes[end - 1] = bits;
  for (let at = 0; at < end; at += BLOCK_BYTES) compress(state, bytes, at);
}

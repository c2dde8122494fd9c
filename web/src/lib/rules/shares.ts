/** Shares that always add up to 100%, moved by handles and numbers. */

import { BUCKETS, type Share, toBuckets, toWeight } from "./serve";

const bucketsOf = (shares: readonly Share[]): number[] => shares.map((share) => toBuckets(share.weight));

const withBuckets = (shares: readonly Share[], buckets: readonly number[]): Share[] =>
  shares.map((share, index) => ({ ...share, weight: toWeight(buckets[index] ?? 0) }));

export const addsUp = (shares: readonly Share[]): boolean =>
  bucketsOf(shares).reduce((sum, each) => sum + each, 0) === BUCKETS;

/** Who gives or takes for a share: those behind it, the nearest first, then those before it. */
function others(count: number, index: number): number[] {
  const behind = Array.from({ length: count - index - 1 }, (_, step) => index + 1 + step);
  const before = Array.from({ length: index }, (_, step) => index - 1 - step);
  return [...behind, ...before];
}

/**
 * One share with another weight. The neighbour behind gives or takes, so that growing the first share moves nobody out of
 * it; where that has too little, the next one.
 */
export function withShare(shares: readonly Share[], index: number, weight: number): Share[] {
  const buckets = bucketsOf(shares);
  const wanted = Math.min(BUCKETS, Math.max(0, toBuckets(weight)));
  if (buckets.length < 2)
    return withBuckets(
      shares,
      buckets.map(() => BUCKETS),
    );
  let missing = wanted - (buckets[index] ?? 0);
  buckets[index] = wanted;
  for (const other of others(buckets.length, index)) {
    const taken = Math.min(missing, buckets[other] ?? 0);
    buckets[other] = (buckets[other] ?? 0) - taken;
    missing -= taken;
    if (missing === 0) break;
  }
  return withBuckets(shares, buckets);
}

/** The border between a share and the next one at a bucket; only these two change, as far as they reach. */
export function withBorder(shares: readonly Share[], index: number, bucket: number): Share[] {
  const buckets = bucketsOf(shares);
  const start = buckets.slice(0, index).reduce((sum, each) => sum + each, 0);
  const both = (buckets[index] ?? 0) + (buckets[index + 1] ?? 0);
  const own = Math.min(both, Math.max(0, bucket - start));
  buckets[index] = own;
  buckets[index + 1] = both - own;
  return withBuckets(shares, buckets);
}

/** Where each share ends. */
export function bordersOf(shares: readonly Share[]): number[] {
  let end = 0;
  return bucketsOf(shares).map((each) => {
    end += each;
    return end;
  });
}

/** As equal as hundredths of a percent allow, the first ones a little larger. */
export function evenly(keys: readonly string[]): Share[] {
  const each = Math.floor(BUCKETS / keys.length);
  const over = BUCKETS - each * keys.length;
  return keys.map((key, index) => ({ key, weight: toWeight(each + (index < over ? 1 : 0)) }));
}

/** Shares for all of the variations, in their order, those that had none behind with 0. */
export function completed(shares: readonly Share[], keys: readonly string[]): Share[] {
  const known = shares.filter((share) => keys.includes(share.key));
  const fresh = keys.filter((key) => !known.some((share) => share.key === key));
  return [...known, ...fresh.map((key) => ({ key, weight: 0 }))];
}

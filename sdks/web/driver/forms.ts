/** Forms of the driver's lines: values that JSON has no form of, and integers with all their digits. */

const MARK = '\0';

/** What a document means: `{"$date": ms}` and its like become the values of the language. */
export function meant(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meant);
  if (typeof value !== 'object' || value === null) return value;
  const [first, ...more] = Object.entries(value) as [string, unknown][];
  if (first && !more.length) {
    const [name, inside] = first;
    if (name === '$date') return new Date(inside as number);
    if (name === '$integer') return BigInt(inside as string);
    if (name === '$number') return Number(inside);
    if (name === '$set') return new Set((inside as unknown[]).map(meant));
    if (name === '$odd') return () => undefined;
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, meant(each)]));
}

/** The JSON of a value on one line; a `bigint` is its digits. */
export function textOf(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${MARK}${each}${MARK}` : each));
  return text.replace(/"\\u0000(-?\d+)\\u0000"/g, '$1');
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

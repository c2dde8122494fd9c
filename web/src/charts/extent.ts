/** Which part of an axis is shown. */

export interface Span {
  lower: number | null;
  upper: number | null;
  estimate: number | null;
}

/** So many times the median reach: what goes further is cut with an arrow, so that one wide interval flattens no other. */
const REACH_MAX = 5;
const PADDING = 0.06;

/** Covers every finite end, zero and the margins, as far as one interval does not go far beyond the others. */
export function sharedDomain(spans: readonly Span[], also: readonly number[] = [0]): [number, number] {
  const reaches = spans
    .map((each) => Math.max(...finite([each.lower, each.upper, each.estimate]).map(Math.abs), 0))
    .filter((each) => each > 0)
    .sort((a, b) => a - b);
  const median = reaches[Math.floor(reaches.length / 2)] ?? 0;
  const limit = median > 0 ? REACH_MAX * median : Number.POSITIVE_INFINITY;
  const ends = spans
    .flatMap((each) => finite([each.lower, each.upper, each.estimate]))
    .map((each) => Math.min(Math.max(each, -limit), limit));
  return padded([...ends, ...also]);
}

/** Without a value there is nothing to span: an axis from −1 to 1 is as good as any. */
export function padded(values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (!Number.isFinite(low) || low === high) {
    const around = Number.isFinite(low) && low !== 0 ? Math.abs(low) : 1;
    return [Math.min(low, -around), Math.max(high, around)].map((each, at) =>
      Number.isFinite(each) ? each : at === 0 ? -1 : 1,
    ) as [number, number];
  }
  const room = (high - low) * PADDING;
  return [low - room, high + room];
}

function finite(values: readonly (number | null)[]): number[] {
  return values.filter((each): each is number => each !== null && Number.isFinite(each));
}

/** At most `count` of them, all equally far apart, the last among them. */
export function thinned<Item>(items: readonly Item[], count: number): Item[] {
  if (items.length <= count) return [...items];
  const step = Math.ceil((items.length - 1) / Math.max(count - 1, 1));
  return items.filter((_, at) => (items.length - 1 - at) % step === 0).slice(-count);
}

/** How often each variation was shown over time, as analytics answers it. */

export interface ExposureSeries {
  bucket_seconds: number;
  series: readonly { time: string; variations: readonly { variation: string; exposures: number }[] }[];
}

/** The times of a series as an axis has them, in UTC: days, or hours with their day. */
export function seriesOf({
  bucket_seconds,
  series,
}: ExposureSeries): { time: string; counts: Record<string, number> }[] {
  const length = bucket_seconds >= 86_400 ? 10 : 16;
  return series.map(({ time, variations }) => ({
    time: time.slice(0, length).replace("T", " "),
    counts: Object.fromEntries(variations.map((each) => [each.variation, each.exposures])),
  }));
}

/** How often each variation was shown over time, as analytics answers it. */

import { shortDayInUtc } from "./format";

export interface ExposureSeries {
  bucket_seconds: number;
  series: readonly { time: string; variations: readonly { variation: string; exposures: number }[] }[];
}

/** The times of a series as an axis has them, in UTC: "Nov 30", or "Nov 30 14:00" where a day has several. */
export function seriesOf({ bucket_seconds, series }: ExposureSeries): {
  time: string;
  counts: Record<string, number>;
}[] {
  const whole = bucket_seconds >= 86_400;
  return series.map(({ time, variations }) => ({
    time: whole ? shortDayInUtc(time) : `${shortDayInUtc(time)} ${time.slice(11, 16)}`,
    counts: Object.fromEntries(variations.map((each) => [each.variation, each.exposures])),
  }));
}

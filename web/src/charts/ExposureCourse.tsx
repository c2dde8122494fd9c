import { useMemo } from "react";
import { type ExposureSeries, seriesOf } from "@/lib/exposure-series";
import { count } from "@/lib/format";
import { Counts } from "./Counts";

interface Props {
  /** What was exposed. */
  readonly flag: string;
  /** In the order of their colours. */
  readonly variations: readonly { readonly key: string; readonly label: string; readonly place: number }[];
  readonly told: ExposureSeries;
}

/** The exposures of a flag over time, by variation. */
export function ExposureCourse({ flag, variations, told }: Props) {
  const byTime = useMemo(() => seriesOf(told), [told]);
  return (
    <Counts
      label={`Exposures to ${flag} by variation`}
      times={byTime.map((each) => each.time)}
      series={variations.map((each) => ({ ...each, values: byTime.map(({ counts }) => counts[each.key] ?? 0) }))}
      timeName="From (UTC)"
      format={count}
    />
  );
}

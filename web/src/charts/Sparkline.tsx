import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";

interface Props {
  /** The finding, such as "12,300 evaluations in 7 days, most on Tuesday". */
  label: string;
  values: readonly number[];
  width?: number;
  height?: number;
}

/** A line in a row of a table; the page that the row leads to has its numbers. */
export function Sparkline({ label, values, width = 96, height = 24 }: Props) {
  const highest = Math.max(...values, 0);
  const x = scaleLinear()
    .domain([0, Math.max(values.length - 1, 1)])
    .range([1, width - 1]);
  const y = scaleLinear()
    .domain([0, highest || 1])
    .range([height - 2, 2]);
  const path = line<number>()
    .x((_, at) => x(at))
    .y((value) => y(value))([...values]);
  return (
    <svg role="img" aria-label={label} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      <path
        d={path ?? undefined}
        fill="none"
        stroke={highest > 0 ? "var(--variation-1)" : "var(--border)"}
        strokeWidth={1.5}
      />
    </svg>
  );
}

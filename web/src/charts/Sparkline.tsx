interface Props {
  /** The finding, such as "12,300 evaluations in 7 days, most on Tuesday". */
  readonly label: string;
  readonly values: readonly number[];
  readonly width?: number;
  readonly height?: number;
}

/** A line in a row of a table; the page that the row leads to has its numbers. Lists have many: it needs no library. */
export function Sparkline({ label, values, width = 96, height = 24 }: Props) {
  const highest = Math.max(...values, 0);
  const step = (width - 2) / Math.max(values.length - 1, 1);
  const y = (value: number) => height - 2 - (value / (highest || 1)) * (height - 4);
  const path = values.map((value, at) => `${at === 0 ? "M" : "L"}${(1 + at * step).toFixed(1)},${y(value).toFixed(1)}`);
  return (
    <svg role="img" aria-label={label} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      <path
        d={path.join("")}
        fill="none"
        stroke={highest > 0 ? "var(--variation-1)" : "var(--border)"}
        strokeWidth={1.5}
      />
    </svg>
  );
}

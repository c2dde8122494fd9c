import { scaleLinear } from "d3-scale";
import { ChartFrame } from "./ChartFrame";
import styles from "./chart.module.css";
import { variationColour } from "./palette";

export interface BucketRange {
  key: string;
  label: string;
  /** The first bucket, and the first one behind. */
  start: number;
  end: number;
  /** Its colour's place; null is free. */
  place: number | null;
  /** Kept from the others, such as a holdout's: hatched. */
  held?: boolean;
}

interface Props {
  label: string;
  ranges: readonly BucketRange[];
  buckets?: number;
  /** One bucket that is pointed at. */
  marker?: { bucket: number; label: string };
}

const BAR = 28;
const LETTER = 7;

/** Who has which buckets, on a ruler. */
export function Ranges({ label, ranges, buckets = 10_000, marker }: Props) {
  const top = marker ? 20 : 0;
  return (
    <ChartFrame
      label={label}
      height={top + BAR + 24}
      table={{
        caption: label,
        columns: ["", "From bucket", "To bucket", "Share"],
        rows: ranges.map((each) => ({
          key: each.key,
          cells: [each.label, String(each.start), String(each.end - 1), percent((each.end - each.start) / buckets)],
        })),
      }}
    >
      {(width) => {
        const x = scaleLinear().domain([0, buckets]).range([0, width]);
        return (
          <>
            <defs>
              <pattern id="held" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <line x1="0" y1="0" x2="0" y2="6" stroke="var(--border-strong)" strokeWidth="2" />
              </pattern>
            </defs>
            {ranges.map((each) => (
              <Piece key={each.key} range={each} top={top} x={x} />
            ))}
            {[0, 25, 50, 75, 100].map((tick) => (
              <text
                key={tick}
                className={styles.tick}
                x={(tick / 100) * width}
                y={top + BAR + 16}
                textAnchor={tick === 0 ? "start" : tick === 100 ? "end" : "middle"}
              >
                {tick}%
              </text>
            ))}
            {marker && (
              <>
                <line className={styles.zero} x1={x(marker.bucket)} x2={x(marker.bucket)} y1={14} y2={top + BAR + 2} />
                <text
                  className={styles.name}
                  x={x(marker.bucket)}
                  y={12}
                  textAnchor={marker.bucket > buckets / 2 ? "end" : "start"}
                >
                  {marker.label}
                </text>
              </>
            )}
          </>
        );
      }}
    </ChartFrame>
  );
}

function Piece({ range, top, x }: { range: BucketRange; top: number; x: (bucket: number) => number }) {
  const left = x(range.start);
  const wide = Math.max(x(range.end) - left - 1, 1);
  const free = range.place === null;
  const fits = range.label.length * LETTER + 12 < wide;
  return (
    <g>
      <title>{range.label}</title>
      <rect
        x={left}
        y={top}
        width={wide}
        height={BAR}
        rx={2}
        fill={free ? "var(--surface-sunken)" : variationColour(range.place ?? 0)}
      />
      {range.held && <rect x={left} y={top} width={wide} height={BAR} fill="url(#held)" opacity={0.6} />}
      {fits && (
        <text className={free || range.held ? styles.note : styles.inside} x={left + 6} y={top + BAR / 2 + 4}>
          {range.label}
        </text>
      )}
    </g>
  );
}

function percent(share: number): string {
  return `${(100 * share).toLocaleString(undefined, { maximumFractionDigits: 2 })}%`;
}

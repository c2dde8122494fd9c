import { scaleBand, scaleLinear } from "d3-scale";
import { ChartFrame } from "./ChartFrame";
import styles from "./chart.module.css";
import { thinned } from "./extent";
import { variationColour } from "./palette";

export interface CountSeries {
  key: string;
  label: string;
  place: number;
  /** One per time; null where nothing is known. */
  values: readonly (number | null)[];
}

interface Props {
  label: string;
  /** As they are written at the axis. */
  times: readonly string[];
  series: readonly CountSeries[];
  /** What the first column of the table is, such as "Day (UTC)". */
  timeName: string;
  format: (value: number) => string;
  height?: number;
}

const BOTTOM = 28;
const TOP = 28;
const LEFT = 56;

/** Counts over time, the series of a time on top of each other. */
export function Counts({ label, times, series, timeName, format, height = 200 }: Props) {
  const totals = times.map((_, at) => series.reduce((sum, each) => sum + (each.values[at] ?? 0), 0));
  const highest = Math.max(...totals, 1);
  return (
    <ChartFrame
      label={label}
      height={height}
      table={{
        caption: label,
        columns: [timeName, ...series.map((each) => each.label), "All"],
        rows: times.map((time, at) => ({
          key: time,
          cells: [
            time,
            ...series.map((each) => {
              const value = each.values[at];
              return value == null ? "–" : format(value);
            }),
            format(totals[at] ?? 0),
          ],
        })),
      }}
    >
      {(width) => {
        const x = scaleBand<string>().domain(times).range([LEFT, width]).paddingInner(0.2).paddingOuter(0.1);
        const y = scaleLinear()
          .domain([0, highest])
          .nice(4)
          .range([height - BOTTOM, TOP]);
        return (
          <>
            <Legend series={series} left={LEFT} />
            {y
              .ticks(4)
              .filter((each) => Number.isInteger(each))
              .map((tick) => (
                <g key={tick}>
                  <line className={styles.grid} x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} />
                  <text className={styles.tick} x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
                    {format(tick)}
                  </text>
                </g>
              ))}
            {times.map((time, at) => (
              <Bar
                key={time}
                left={(x(time) ?? LEFT) + (x.bandwidth() - Math.min(x.bandwidth(), 48)) / 2}
                width={Math.min(x.bandwidth(), 48)}
                at={at}
                series={series}
                y={y}
              />
            ))}
            {thinned(times, width < 480 ? 3 : 8).map((time) => (
              <text
                key={time}
                className={styles.tick}
                x={Math.min((x(time) ?? LEFT) + x.bandwidth() / 2, width - (time.length * LETTER) / 2)}
                y={height - 8}
                textAnchor="middle"
              >
                {time}
              </text>
            ))}
          </>
        );
      }}
    </ChartFrame>
  );
}

interface BarProps {
  left: number;
  width: number;
  at: number;
  series: readonly CountSeries[];
  y: (value: number) => number;
}

function Bar({ left, width, at, series, y }: BarProps) {
  let below = 0;
  return series.map((each) => {
    const value = each.values[at] ?? 0;
    const bottom = y(below);
    below += value;
    return (
      <rect
        key={each.key}
        x={left}
        width={width}
        y={y(below)}
        height={Math.max(bottom - y(below) - (value > 0 ? 1 : 0), 0)}
        fill={variationColour(each.place)}
      />
    );
  });
}

const LETTER = 7.5;

/** Beside each other, as wide as their words are about. */
function Legend({ series, left }: { series: readonly CountSeries[]; left: number }) {
  let x = left;
  return series.map((each) => {
    const here = x;
    x += 32 + each.label.length * LETTER;
    return (
      <g key={each.key}>
        <rect x={here} y={4} width={10} height={10} rx={2} fill={variationColour(each.place)} />
        <text className={styles.tick} x={here + 16} y={13}>
          {each.label}
        </text>
      </g>
    );
  });
}

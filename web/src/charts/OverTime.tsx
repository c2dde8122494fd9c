import { scaleLinear, scalePoint } from "d3-scale";
import { area, line } from "d3-shape";
import { ChartFrame } from "./ChartFrame";
import styles from "./chart.module.css";
import { sharedDomain, thinned } from "./extent";
import { spread } from "./labels";
import { variationColour, variationDash } from "./palette";

export interface TimePoint {
  /** As it is written at the axis. */
  time: string;
  estimate: number | null;
  lower: number | null;
  upper: number | null;
}

export interface TimeSeries {
  key: string;
  label: string;
  place: number;
  points: readonly TimePoint[];
}

interface Props {
  label: string;
  series: readonly TimeSeries[];
  format: (value: number) => string;
  intervalName: string;
  height?: number;
}

const BOTTOM = 28;
const LEFT = 64;

/** An estimate as it grew, with its interval as a band and zero drawn. */
export function OverTime({ label, series, format, intervalName, height = 240 }: Props) {
  const times = series[0]?.points.map((each) => each.time) ?? [];
  const domain = sharedDomain(series.flatMap((each) => each.points));
  return (
    <ChartFrame label={label} height={height} table={tableOf({ label, series, format, intervalName })}>
      {(width) => {
        const labels = width < 480 ? 72 : 120;
        const x = scalePoint<string>()
          .domain(times)
          .range([LEFT, width - labels]);
        const y = scaleLinear()
          .domain(domain)
          .range([height - BOTTOM, 8])
          .clamp(true);
        const at = (point: TimePoint) => x(point.time) ?? LEFT;
        const named = spread(
          series.map((each) => ({ each, y: y(last(each.points) ?? 0) })),
          16,
        );
        return (
          <>
            {y.ticks(4).map((tick) => (
              <g key={tick}>
                <line className={styles.grid} x1={LEFT} x2={width - labels} y1={y(tick)} y2={y(tick)} />
                <text className={styles.tick} x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
                  {tick === 0 ? "0" : format(tick)}
                </text>
              </g>
            ))}
            <line className={styles.zero} x1={LEFT} x2={width - labels} y1={y(0)} y2={y(0)} />
            {thinned(times, width < 480 ? 3 : 7).map((each) => (
              <text key={each} className={styles.tick} x={x(each)} y={height - 8} textAnchor="middle">
                {each}
              </text>
            ))}
            {series.map((each) => (
              <g key={each.key}>
                <path
                  className={styles.band}
                  fill={variationColour(each.place)}
                  d={
                    area<TimePoint>()
                      .defined((point) => point.lower !== null && point.upper !== null)
                      .x(at)
                      .y0((point) => y(point.lower ?? 0))
                      .y1((point) => y(point.upper ?? 0))([...each.points]) ?? undefined
                  }
                />
                <path
                  className={styles.line}
                  stroke={variationColour(each.place)}
                  strokeDasharray={variationDash(each.place)}
                  d={
                    line<TimePoint>()
                      .defined((point) => point.estimate !== null)
                      .x(at)
                      .y((point) => y(point.estimate ?? 0))([...each.points]) ?? undefined
                  }
                />
                {lone(each.points).map((point) => (
                  <g key={point.time} stroke={variationColour(each.place)} fill={variationColour(each.place)}>
                    {point.lower !== null && point.upper !== null && (
                      <line
                        x1={at(point)}
                        x2={at(point)}
                        y1={y(point.lower)}
                        y2={y(point.upper)}
                        strokeWidth={2}
                        opacity={0.5}
                      />
                    )}
                    <circle cx={at(point)} cy={y(point.estimate ?? 0)} r={4} stroke="none" />
                  </g>
                ))}
              </g>
            ))}
            {named.map(({ each, y: top }) => (
              <text
                key={each.key}
                className={styles.name}
                x={width - labels + 8}
                y={top + 5}
                fill={variationColour(each.place)}
              >
                {each.label}
              </text>
            ))}
          </>
        );
      }}
    </ChartFrame>
  );
}

function last(points: readonly TimePoint[]): number | undefined {
  return points.findLast((each) => each.estimate !== null)?.estimate ?? undefined;
}

/** A point between two days without one is on no line. */
function lone(points: readonly TimePoint[]): TimePoint[] {
  return points.filter((point, at) => {
    const beside = [points[at - 1], points[at + 1]];
    return point.estimate !== null && beside.every((each) => !each || each.estimate === null);
  });
}

function tableOf({ label, series, format, intervalName }: Pick<Props, "label" | "series" | "format" | "intervalName">) {
  const shown = (value: number | null) => (value === null ? "–" : format(value));
  const several = series.length > 1;
  return {
    caption: label,
    columns: ["Day (UTC)", ...(several ? ["Variation"] : []), "Estimate", `From (${intervalName})`, "To"],
    rows: series.flatMap((each) =>
      each.points.map((point) => ({
        key: `${each.key} ${point.time}`,
        cells: [
          point.time,
          ...(several ? [each.label] : []),
          shown(point.estimate),
          shown(point.lower),
          shown(point.upper),
        ],
      })),
    ),
  };
}

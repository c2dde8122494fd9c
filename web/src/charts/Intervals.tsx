import { scaleLinear } from "d3-scale";
import { ChartFrame } from "./ChartFrame";
import styles from "./chart.module.css";
import { sharedDomain } from "./extent";
import { IntervalBar } from "./IntervalBar";
import { type Outcome, outcomeColour, outcomeSign, variationColour } from "./palette";

/** What is known of an effect: an interval (null is an end without a bound), all but a gap, or nothing at all. */
export type EffectSet =
  | { kind: "interval"; lower: number | null; upper: number | null }
  | { kind: "complement"; excluded: readonly [number, number] }
  | { kind: "all_reals" }
  | { kind: "none" };

export interface IntervalRow {
  key: string;
  label: string;
  /** The variation's place, for its swatch. */
  place: number;
  outcome: Outcome;
  estimate: number | null;
  set: EffectSet;
  /** Harm up to here is tolerated, on the axis of the effect. */
  margin?: number | null;
  /** Which side is the good one. */
  better: "right" | "left";
}

interface Props {
  label: string;
  rows: readonly IntervalRow[];
  format: (value: number) => string;
  /** Such as "95% interval". */
  intervalName: string;
}

const ROW = 40;
const NARROW = 560;
const AXIS = 40;

/** The intervals of a group on one axis, zero and margins drawn, the better side named. */
export function Intervals({ label, rows, format, intervalName }: Props) {
  const spans = rows.map((each) => ({ ...ends(each.set), estimate: each.estimate }));
  const margins = rows.flatMap((each) => (each.margin == null ? [] : [each.margin]));
  const domain = sharedDomain(spans, [0, ...margins]);
  const sides = new Set(rows.map((each) => each.better));
  const common = sides.size === 1 ? [...sides][0] : undefined;
  return (
    <ChartFrame
      label={label}
      height={rows.length * ROW + (common === undefined ? AXIS - 16 : AXIS)}
      table={{
        caption: label,
        columns: ["", "Estimate", `From (${intervalName})`, "To", "Margin", "Better is"],
        rows: rows.map((row) => ({ key: row.key, cells: [row.label, ...cells(row, format)] })),
      }}
    >
      {(width) => {
        const narrow = width < NARROW;
        const left = narrow ? 4 : Math.min(260, Math.round(width * 0.34));
        const right = narrow ? width - 4 : width - 104;
        const x = scaleLinear().domain(domain).range([left, right]);
        const bottom = rows.length * ROW;
        return (
          <>
            {x.ticks(narrow ? 3 : 5).map((tick) => (
              <g key={tick}>
                <line className={styles.grid} x1={x(tick)} x2={x(tick)} y1={0} y2={bottom} />
                <text className={styles.tick} x={x(tick)} y={bottom + 16} textAnchor="middle">
                  {tick === 0 ? "0" : format(tick)}
                </text>
              </g>
            ))}
            <line className={styles.zero} x1={x(0)} x2={x(0)} y1={0} y2={bottom} />
            {rows.map((row, at) => (
              <Row
                key={row.key}
                row={row}
                top={at * ROW}
                x={x}
                narrow={narrow}
                width={width}
                format={format}
                mixed={!common}
              />
            ))}
            {common && (
              <>
                <text className={styles.note} x={left} y={bottom + 34}>
                  {common === "right" ? "← worse" : "← better"}
                </text>
                <text className={styles.note} x={right} y={bottom + 34} textAnchor="end">
                  {common === "right" ? "better →" : "worse →"}
                </text>
              </>
            )}
          </>
        );
      }}
    </ChartFrame>
  );
}

interface RowProps {
  row: IntervalRow;
  top: number;
  x: (value: number) => number;
  narrow: boolean;
  width: number;
  format: (value: number) => string;
  mixed: boolean;
}

function Row({ row, top, x, narrow, width, format, mixed }: RowProps) {
  const middle = top + (narrow ? 28 : ROW / 2);
  const better = mixed ? (row.better === "right" ? " (better →)" : " (← better)") : "";
  const value = row.estimate === null ? "–" : format(row.estimate);
  const text = narrow ? top + 13 : middle + 5;
  return (
    <g>
      <rect x={narrow ? 4 : 0} y={text - 10} width={10} height={10} rx={2} fill={variationColour(row.place)} />
      <text className={styles.name} x={narrow ? 20 : 16} y={text}>
        {row.label}
        <tspan className={styles.note}>{better}</tspan>
      </text>
      {row.margin != null && (
        <line className={styles.margin} x1={x(row.margin)} x2={x(row.margin)} y1={middle - 10} y2={middle + 10} />
      )}
      <IntervalBar set={row.set} estimate={row.estimate} middle={middle} x={x} outcome={row.outcome} />
      <text className={styles.value} x={width} y={text} textAnchor="end">
        <tspan fill={outcomeColour(row.outcome)}>{outcomeSign(row.outcome)} </tspan>
        {value}
      </text>
    </g>
  );
}

function ends(set: EffectSet): { lower: number | null; upper: number | null } {
  if (set.kind === "interval") return { lower: set.lower, upper: set.upper };
  if (set.kind === "complement") return { lower: set.excluded[0], upper: set.excluded[1] };
  return { lower: null, upper: null };
}

function cells(row: IntervalRow, format: (value: number) => string): string[] {
  const margin = row.margin == null ? "–" : format(row.margin);
  return [
    row.estimate === null ? "–" : format(row.estimate),
    ...told(row.set, format),
    margin,
    row.better === "right" ? "more" : "less",
  ];
}

function told(set: EffectSet, format: (value: number) => string): [string, string] {
  if (set.kind === "interval") {
    if (set.lower === null && set.upper === null) return ["–", "–"];
    return [set.lower === null ? "no bound" : format(set.lower), set.upper === null ? "no bound" : format(set.upper)];
  }
  if (set.kind === "complement") return [`below ${format(set.excluded[0])}`, `above ${format(set.excluded[1])}`];
  return set.kind === "all_reals" ? ["no bound", "no bound"] : ["–", "–"];
}

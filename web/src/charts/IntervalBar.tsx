import type { EffectSet } from "./Intervals";
import { type Outcome, outcomeColour } from "./palette";

interface Props {
  set: EffectSet;
  estimate: number | null;
  middle: number;
  x: ((value: number) => number) & { range?: () => number[] };
  outcome: Outcome;
}

const HALF = 5;

/** A bar from end to end; an end without a bound, or beyond the axis, is an arrow. */
export function IntervalBar({ set, estimate, middle, x, outcome }: Props) {
  const [first, last] = [x.range?.()[0] ?? 0, x.range?.()[1] ?? 0];
  const colour = outcomeColour(outcome);
  const within = (value: number) => Math.min(Math.max(x(value), first), last);
  return (
    <g fill={colour} stroke={colour}>
      {pieces(set).map(([lower, upper]) => {
        const from = lower === null ? first : within(lower);
        const to = upper === null ? last : within(upper);
        const openLeft = lower === null || x(lower) < first;
        const openRight = upper === null || x(upper) > last;
        return (
          <g key={`${lower}`}>
            <line x1={from} x2={to} y1={middle} y2={middle} strokeWidth={4} strokeLinecap="butt" opacity={0.75} />
            <End at={from} middle={middle} open={openLeft} to={-1} />
            <End at={to} middle={middle} open={openRight} to={1} />
          </g>
        );
      })}
      {estimate !== null && x(estimate) >= first && x(estimate) <= last && (
        <circle cx={x(estimate)} cy={middle} r={HALF} stroke="none" />
      )}
    </g>
  );
}

function End({ at, middle, open, to }: { at: number; middle: number; open: boolean; to: 1 | -1 }) {
  if (!open) return <line x1={at} x2={at} y1={middle - HALF} y2={middle + HALF} strokeWidth={2} />;
  const tip = at + to * 2;
  const back = tip - to * 8;
  return <path data-end="open" d={`M${back},${middle - 6}L${tip},${middle}L${back},${middle + 6}Z`} stroke="none" />;
}

function pieces(set: EffectSet): [number | null, number | null][] {
  if (set.kind === "complement") {
    return [
      [null, set.excluded[0]],
      [set.excluded[1], null],
    ];
  }
  if (set.kind === "all_reals") return [[null, null]];
  // Both ends null: there is no interval, which is not the same as one without bounds.
  if (set.kind === "none" || (set.lower === null && set.upper === null)) return [];
  return [[set.lower, set.upper]];
}

import { scaleLinear, scaleTime } from "d3-scale";
import { line } from "d3-shape";
import { ChartFrame } from "@/charts/ChartFrame";
import chart from "@/charts/chart.module.css";
import { absoluteTime, axisTime, percent } from "@/lib/format";
import { useNow } from "@/lib/now";
import { type ChartPoint, type Plan, planned, shareOverTime } from "../model";
import type { Incident, Rollout } from "../queries";
import classes from "./StepChart.module.css";

interface Props {
  readonly rollout: Rollout;
  readonly plan: Plan;
  readonly incidents: readonly Incident[];
}

const HEIGHT = 220;
const LEFT = 52;
const RIGHT = 16;
const BOTTOM = 28;
const TOP = 12;

/** The share over time: what was, what is planned, and where a guard asked for something. */
export function StepChart({ rollout, plan, incidents }: Props) {
  const now = useNow();
  const end = rollout.ended_at === null ? now : Date.parse(rollout.ended_at);
  const stages = shareOverTime(rollout.stages, end);
  // What was left behind at the end is where the line goes on from: back at 0, or where it was cancelled.
  const was =
    rollout.ended_at === null || stages.length === 0 ? stages : [...stages, ...left(stages, end, rollout.share)];
  const under =
    rollout.state === "running" ||
    rollout.state === "held" ||
    rollout.state === "paused" ||
    rollout.state === "pending";
  const position = rollout.state === "pending" ? 0 : rollout.step;
  const next = under ? planned(plan, position, rollout.due_at, end, rollout.share) : [];
  const all = [...was, ...next];
  const first = all[0];
  if (first === undefined) return null;
  const last = all.at(-1) ?? first;
  const span = Math.max(last.at - first.at, 60_000);
  const here = was.at(-1);
  const label = `${rollout.variation} is served to ${percent(rollout.share)}; the share over time${
    incidents.length === 0 ? "" : `, with ${incidents.length} ${incidents.length === 1 ? "incident" : "incidents"}`
  }`;
  const table = {
    caption: label,
    columns: ["From", "Share", "What it is"],
    rows: [
      ...rollout.stages.map((each) => row(each.started_at, each.share, "served")),
      ...next.filter((_, index) => index % 2 === 0).map((each) => row(each.at, each.share, "planned")),
      ...incidents.map((each) => row(each.opened_at, each.share, `incident: ${each.finding.sentence}`)),
    ],
  };
  return (
    <ChartFrame label={label} height={HEIGHT} table={table}>
      {(width) => {
        const x = scaleTime()
          .domain([first.at, first.at + span])
          .range([LEFT, width - RIGHT]);
        const y = scaleLinear()
          .domain([0, 100])
          .range([HEIGHT - BOTTOM, TOP]);
        const path = line<ChartPoint>()
          .x((each) => x(each.at))
          .y((each) => y(each.share));
        // What is served now stays until the next step is taken: a corner, no slope.
        const corner = here === undefined || next[0] === undefined ? [] : [here, { at: next[0].at, share: here.share }];
        const joined = [...corner, ...next];
        return (
          <>
            {[0, 25, 50, 75, 100].map((tick) => (
              <g key={tick}>
                <line className={chart.grid} x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
                <text className={chart.tick} x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
                  {percent(tick)}
                </text>
              </g>
            ))}
            {x.ticks(Math.max(2, Math.floor(width / 140))).map((tick) => (
              <text key={tick.getTime()} className={chart.tick} x={x(tick)} y={HEIGHT - 8} textAnchor="middle">
                {axisTime(tick, span)}
              </text>
            ))}
            {next.length > 0 && <path className={classes.planned} d={path(joined) ?? ""} />}
            <path className={classes.served} d={path(was) ?? ""} />
            {incidents.map((each) => (
              <g key={each.id} transform={`translate(${x(Date.parse(each.opened_at))} ${y(each.share)})`}>
                <path className={classes.incident} d="M0 -8 8 6H-8z">
                  <title>{each.finding.sentence}</title>
                </path>
              </g>
            ))}
          </>
        );
      }}
    </ChartFrame>
  );
}

/** A little further than the end, so that the last share is seen. */
function left(stages: readonly ChartPoint[], end: number, share: number): ChartPoint[] {
  const first = stages[0]?.at ?? end;
  return [
    { at: end, share },
    { at: end + Math.max(end - first, 60_000) / 6, share },
  ];
}

function row(at: string | number, share: number, what: string) {
  const cells = [absoluteTime(at), percent(share), what];
  return { key: cells.join(" "), cells };
}

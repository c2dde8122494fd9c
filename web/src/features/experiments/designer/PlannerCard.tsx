import { Button, NumberInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { asProblem, type Problem, sentence } from "@/api/problem";
import { Card } from "@/components/Card";
import { count, plural, rate } from "@/lib/format";
import styles from "./designer.module.css";
import type { Design } from "./model";
import { type PlannerAsked, usePlanner } from "./queries";

interface Props {
  design: Design;
  set: (change: Partial<Design>) => void;
  project: string;
  environment: string;
}

const EFFECT = 5;

/** How many units and days the first goal needs, while it is being designed. From the flag's past, or from a baseline
 * that is given. */
export function PlannerCard({ design, set, project, environment }: Props) {
  const [effect, setEffect] = useState(EFFECT);
  const [baseline, setBaseline] = useState<number | null>(null);
  const [perDay, setPerDay] = useState<number | null>(null);
  const goal = design.metrics.find((each) => each.role === "goal");
  const goals = design.metrics.filter((each) => each.role === "goal").length;
  const arms = Math.max(design.variations.length, 2);
  const [asked] = useDebouncedValue<PlannerAsked>(
    {
      project,
      environment,
      flag: design.flag,
      metric: goal?.metric ?? "",
      mode: design.plan.mode,
      alpha: design.plan.alpha,
      power: design.plan.power,
      arms,
      comparisons: Math.max(goals * (arms - 1), 1),
      minimumDays: design.plan.minimumDays,
      effect: effect / 100,
      plannedLooks: design.plan.plannedLooks ?? 5,
      plannedUnits: design.plan.plannedUnits ?? undefined,
      ...(baseline === null ? {} : { baseline: baseline / 100 }),
      ...(perDay === null ? {} : { unitsPerDay: perDay }),
    },
    400,
  );
  const planner = usePlanner(asked, design.flag !== "" && (goal !== undefined || baseline !== null));
  const plan = planner.data?.plan;
  const at = plan?.at_planned_units;
  return (
    <Card title="How long it takes">
      <div className={styles.fields} aria-live="polite">
        <NumberInput
          label="Lift to find"
          description={goal ? `Of ${goal.metric}` : "Of the first goal"}
          suffix="%"
          min={0.01}
          decimalScale={2}
          value={effect}
          onChange={(value) => setEffect(Number(value) || EFFECT)}
        />
        {plan && (
          <div>
            <div className={styles.figure}>
              {plan.days === null
                ? `${count(plan.units_total)} units`
                : `±${effect}% needs ${plural(plan.days, "day")}`}
            </div>
            <p className={styles.hint}>
              {plural(plan.units_total, "unit")} over all variations, with power {rate(design.plan.power)}
              {planner.data?.baseline.units_per_day != null &&
                `, at ${count(planner.data.baseline.units_per_day)} units a day`}
              .
            </p>
            <p className={styles.hint}>
              Baseline{" "}
              {planner.data?.baseline.sd == null
                ? rate(planner.data?.baseline.mean)
                : count(planner.data.baseline.mean)}
              ,{" "}
              {planner.data?.baseline.source === "history"
                ? `of ${plural(planner.data.baseline.units, "unit")} of the last 14 days`
                : "as given"}
              .
            </p>
            {design.plan.plannedUnits !== plan.units_total && (
              <Button
                size="xs"
                variant="default"
                mt="xs"
                onClick={() => set({ plan: { ...design.plan, plannedUnits: plan.units_total } })}
              >
                Plan {count(plan.units_total)} units
              </Button>
            )}
            {at && at.units !== plan.units_total && (
              <p className={styles.hint}>
                {count(at.units)} planned units find it with power {rate(at.power)}
                {at.mde_relative !== null && <>, and {rate(at.mde_relative)} with the power that is wanted</>}.
              </p>
            )}
          </div>
        )}
        {planner.isError && <p className={styles.hint}>{unplannedWords(asProblem(planner.error))}</p>}
        {goal === undefined && baseline === null && (
          <p className={styles.hint}>Choose a flag and a goal, and it is planned from their past.</p>
        )}
        <details className={styles.more}>
          <summary>Give a baseline instead</summary>
          <div className={styles.fields}>
            <NumberInput
              label="Rate of the control"
              suffix="%"
              min={0.01}
              max={99.99}
              value={baseline ?? ""}
              onChange={(value) => setBaseline(value === "" ? null : Number(value))}
            />
            <NumberInput
              label="Units per day"
              min={1}
              thousandSeparator=","
              value={perDay ?? ""}
              onChange={(value) => setPerDay(value === "" ? null : Number(value))}
            />
          </div>
        </details>
      </div>
    </Card>
  );
}

/** Why nothing is planned: where the past has no baseline, in the words of the service. */
function unplannedWords(problem: Problem): string {
  const lack = problem.fields.find((each) => each.code === "no_history");
  const why = lack === undefined ? sentence(problem) : `The baseline ${lack.message}.`;
  return `${why} Give a baseline instead.`;
}

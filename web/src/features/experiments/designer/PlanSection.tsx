import { Checkbox, NativeSelect, NumberInput, Radio, Stack } from "@mantine/core";
import { Card } from "@/components/Card";
import type { SectionProps } from "./DesignForm";
import styles from "./designer.module.css";
import type { DesignedPlan, PlanMode } from "./model";

const MODES: readonly { value: PlanMode; label: string; description: string }[] = [
  {
    value: "always_valid",
    label: "Always valid",
    description: "Read it whenever you like; it takes about twice as many units to be sure.",
  },
  {
    value: "group",
    label: "Planned looks",
    description: "It decides at a few planned looks; nearly as small as a fixed size.",
  },
  {
    value: "fixed",
    label: "Fixed size",
    description: "It decides once, when all planned units are there; the smallest size.",
  },
];

/** When it decides and how surely; fixed at the start, so that nobody chooses it by the result. */
export function PlanSection({ design, set, errors }: SectionProps) {
  const { plan } = design;
  const change = (more: Partial<DesignedPlan>) => set({ plan: { ...plan, ...more } });
  const number = (value: string | number) => (value === "" ? null : Number(value));
  return (
    <Card title="Plan" subtitle="It is fixed at the start, so that nobody chooses it by the result.">
      <div className={styles.fields}>
        <Radio.Group label="When it decides" value={plan.mode} onChange={(value) => change({ mode: modeOf(value) })}>
          <Stack gap="xs" mt="xs">
            {MODES.map((each) => (
              <Radio key={each.value} value={each.value} label={each.label} description={each.description} />
            ))}
          </Stack>
        </Radio.Group>
        <div className={styles.two}>
          <NumberInput
            label="Planned units"
            description="Over all variations."
            min={1}
            allowDecimal={false}
            thousandSeparator=","
            value={plan.plannedUnits ?? ""}
            data-path="plan.planned_units"
            error={errors["plan.planned_units"]}
            onChange={(value) => change({ plannedUnits: number(value) })}
          />
          {plan.mode === "group" && (
            <NumberInput
              label="Planned looks"
              description="Evenly spaced."
              min={1}
              max={100}
              allowDecimal={false}
              value={plan.plannedLooks ?? ""}
              data-path="plan.planned_looks"
              error={errors["plan.planned_looks"]}
              onChange={(value) => change({ plannedLooks: number(value) })}
            />
          )}
          <NumberInput
            label="Least run time"
            description="In days; whole weeks are advised."
            min={0}
            max={366}
            allowDecimal={false}
            value={plan.minimumDays}
            data-path="plan.minimum_days"
            error={errors["plan.minimum_days"]}
            onChange={(value) => change({ minimumDays: Number(value) })}
          />
        </div>
        <details className={styles.more}>
          <summary>More of the plan</summary>
          <div className={styles.fields}>
            <div className={styles.two}>
              <NumberInput
                label="Alpha"
                description="Two-sided error rate."
                min={0.0001}
                max={0.5}
                step={0.01}
                value={plan.alpha}
                data-path="plan.alpha"
                error={errors["plan.alpha"]}
                onChange={(value) => change({ alpha: Number(value) })}
              />
              <NumberInput
                label="Power"
                description="Of planned sizes."
                min={0.05}
                max={0.9999}
                step={0.05}
                value={plan.power}
                data-path="plan.power"
                error={errors["plan.power"]}
                onChange={(value) => change({ power: Number(value) })}
              />
              <NativeSelect
                label="Correction"
                description="Of the goals, over all variations."
                value={plan.correction}
                onChange={(event) =>
                  change({
                    correction: event.currentTarget.value === "benjamini_hochberg" ? "benjamini_hochberg" : "holm",
                  })
                }
                data={[
                  { value: "holm", label: "Holm" },
                  { value: "benjamini_hochberg", label: "Benjamini–Hochberg" },
                ]}
              />
            </div>
            <Checkbox
              label="CUPED: less variance by what units did before"
              checked={plan.cuped}
              onChange={(event) => change({ cuped: event.currentTarget.checked })}
            />
            <Checkbox
              label="Only units whose windows are closed"
              checked={plan.maturedOnly}
              onChange={(event) => change({ maturedOnly: event.currentTarget.checked })}
            />
            <Checkbox
              label="Bayes as a second view, with a flat prior"
              checked={plan.bayes}
              onChange={(event) => change({ bayes: event.currentTarget.checked })}
            />
          </div>
        </details>
      </div>
    </Card>
  );
}

function modeOf(value: string): PlanMode {
  return value === "fixed" || value === "group" ? value : "always_valid";
}

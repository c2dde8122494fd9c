import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  VisuallyHidden,
} from "@mantine/core";
import { Icon } from "@/components/Icon";
import type { DraftPlan, DraftStep, HoldUnit } from "../draft";
import classes from "./rollouts.module.css";

interface Props {
  readonly value: DraftPlan;
  readonly onChange: (next: DraftPlan) => void;
}

const UNITS: readonly { readonly value: HoldUnit; readonly label: string }[] = [
  { value: "minutes", label: "minutes" },
  { value: "hours", label: "hours" },
  { value: "days", label: "days" },
];

/** The steps of a rollout, or an even progress. */
export function PlanFields({ value, onChange }: Props) {
  const change = (index: number, step: Partial<DraftStep>) =>
    onChange({ ...value, steps: value.steps.map((each, at) => (at === index ? { ...each, ...step } : each)) });
  const add = () => {
    const last = value.steps.at(-1);
    const id = Math.max(0, ...value.steps.map((each) => each.id)) + 1;
    onChange({
      ...value,
      steps: [
        ...value.steps,
        {
          id,
          share: Math.min(100, (last?.share ?? 0) * 2 || 5),
          hold: 1,
          unit: last?.unit ?? "hours",
          approval: false,
        },
      ],
    });
  };
  return (
    <Stack gap="sm">
      <SegmentedControl
        maw={320}
        aria-label="How it grows"
        data={[
          { value: "steps", label: "In steps" },
          { value: "progressive", label: "Evenly" },
        ]}
        value={value.kind}
        onChange={(kind) => onChange({ ...value, kind: kind === "steps" ? "steps" : "progressive" })}
      />
      {value.kind === "progressive" ? (
        <div className={classes.fields}>
          <Percent
            label="From"
            path="plan.progressive.from"
            value={value.from}
            onChange={(from) => onChange({ ...value, from })}
          />
          <Percent
            label="To"
            path="plan.progressive.to"
            value={value.to}
            onChange={(to) => onChange({ ...value, to })}
          />
          <NumberInput
            label="Over"
            data-path="plan.progressive.over_seconds"
            min={1}
            value={value.over}
            onChange={(over) => onChange({ ...value, over: Number(over) || 1 })}
          />
          <Select
            label="Unit"
            data={UNITS.map((each) => ({ ...each }))}
            allowDeselect={false}
            value={value.overUnit}
            onChange={(unit) =>
              onChange({ ...value, overUnit: UNITS.find((each) => each.value === unit)?.value ?? "hours" })
            }
          />
        </div>
      ) : (
        <>
          {value.steps.map((step, index) => (
            <fieldset key={step.id} className={classes.stepFields}>
              <legend>
                <VisuallyHidden>Step {index + 1}</VisuallyHidden>
              </legend>
              <Percent
                label={`Step ${index + 1}: share`}
                path={`plan.steps[${index}].share`}
                value={step.share}
                onChange={(share) => change(index, { share })}
              />
              <NumberInput
                label="Held for"
                data-path={`plan.steps[${index}].hold_seconds`}
                min={0}
                value={step.hold}
                onChange={(hold) => change(index, { hold: Number(hold) || 0 })}
              />
              <Select
                label="Unit"
                data={UNITS.map((each) => ({ ...each }))}
                allowDeselect={false}
                value={step.unit}
                onChange={(unit) =>
                  change(index, { unit: UNITS.find((each) => each.value === unit)?.value ?? "hours" })
                }
              />
              <Checkbox
                label="Wait for approval"
                mb={8}
                checked={step.approval}
                onChange={(event) => change(index, { approval: event.currentTarget.checked })}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Remove step ${index + 1}`}
                mb={4}
                disabled={value.steps.length === 1}
                onClick={() => onChange({ ...value, steps: value.steps.filter((each) => each.id !== step.id) })}
              >
                <Icon name="trash" size={16} />
              </ActionIcon>
            </fieldset>
          ))}
          <Group>
            <Button
              variant="default"
              size="xs"
              leftSection={<Icon name="plus" size={14} />}
              onClick={add}
              disabled={value.steps.length >= 100}
            >
              Add step
            </Button>
          </Group>
        </>
      )}
    </Stack>
  );
}

interface PercentProps {
  readonly path: string;
  readonly label: string;
  readonly value: number;
  readonly onChange: (next: number) => void;
}

function Percent({ path, label, value, onChange }: PercentProps) {
  return (
    <NumberInput
      label={label}
      data-path={path}
      min={0}
      max={100}
      decimalScale={2}
      suffix="%"
      value={value}
      onChange={(next) => onChange(Number(next) || 0)}
    />
  );
}

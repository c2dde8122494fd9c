import { ActionIcon, Button, Group, NumberInput, Select, Stack, VisuallyHidden } from "@mantine/core";
import { EntityPicker } from "@/components/EntityPicker";
import { Icon } from "@/components/Icon";
import { type DraftGuard, newGuard } from "../draft";
import { GUARD_ACTIONS } from "../model";
import classes from "./rollouts.module.css";

const KINDS = [
  { value: "metric", label: "A metric gets worse" },
  { value: "sample_ratio", label: "Units arrive in other shares than expected" },
  { value: "no_data", label: "No exposures come" },
  { value: "sdk_errors", label: "SDKs report more errors" },
] as const;
const MARGINS = [
  { value: "relative", label: "% of the mean" },
  { value: "absolute", label: "in its unit" },
] as const;
const ACTIONS = (["roll_back", "hold", "notify"] as const).map((value) => ({ value, label: GUARD_ACTIONS[value] }));

const DAY_SECONDS = 86_400;
/** The service's own. */
const SILENCE_SECONDS = 300;

interface Props {
  readonly value: readonly DraftGuard[];
  readonly onChange: (next: readonly DraftGuard[]) => void;
}

/** What watches the rollout, and what it does when it finds harm. */
export function GuardFields({ value, onChange }: Props) {
  const change = (id: number, part: Partial<DraftGuard>) =>
    onChange(value.map((each) => (each.id === id ? { ...each, ...part } : each)));
  return (
    <Stack gap="sm">
      {value.map((guard, index) => (
        <fieldset key={guard.id} className={classes.guardFields}>
          <legend>
            <VisuallyHidden>Guard {index + 1}</VisuallyHidden>
          </legend>
          <Select
            label={`Guard ${index + 1}: when`}
            data-path={`guards[${index}]`}
            data={KINDS.map((each) => ({ ...each }))}
            allowDeselect={false}
            value={guard.kind}
            onChange={(kind) =>
              change(guard.id, { kind: KINDS.find((each) => each.value === kind)?.value ?? "metric" })
            }
          />
          {guard.kind === "metric" && (
            <>
              <EntityPicker
                kind="metric"
                label="Metric"
                data-path={`guards[${index}].metric`}
                required
                value={guard.metric}
                onChange={(metric) => change(guard.id, { metric })}
              />
              <NumberInput
                label="Tolerated harm"
                data-path={`guards[${index}].margin`}
                min={0}
                value={guard.margin}
                onChange={(margin) => change(guard.id, { margin: Number(margin) || 0 })}
              />
              <Select
                label="Measured"
                data-path={`guards[${index}].margin_kind`}
                data={MARGINS.map((each) => ({ ...each }))}
                allowDeselect={false}
                value={guard.marginKind}
                onChange={(kind) => change(guard.id, { marginKind: kind === "absolute" ? "absolute" : "relative" })}
              />
              <NumberInput
                label="Events within"
                data-path={`guards[${index}].window_seconds`}
                description="Of a unit's first exposure"
                suffix=" s"
                min={1}
                max={DAY_SECONDS}
                value={guard.windowSeconds}
                onChange={(seconds) => change(guard.id, { windowSeconds: Number(seconds) || 60 })}
              />
            </>
          )}
          {guard.kind === "no_data" && (
            <NumberInput
              label="Silent for"
              data-path={`guards[${index}].silence_seconds`}
              placeholder={`${SILENCE_SECONDS} s`}
              suffix=" s"
              min={10}
              max={DAY_SECONDS}
              value={guard.silenceSeconds ?? ""}
              onChange={(seconds) => change(guard.id, { silenceSeconds: Number(seconds) || null })}
            />
          )}
          <Select
            label="Then"
            data-path={`guards[${index}].action`}
            data={ACTIONS.map((each) => ({ ...each }))}
            allowDeselect={false}
            value={guard.action}
            onChange={(action) =>
              change(guard.id, { action: ACTIONS.find((each) => each.value === action)?.value ?? "hold" })
            }
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove guard ${index + 1}`}
            onClick={() => onChange(value.filter((each) => each.id !== guard.id))}
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
          onClick={() => onChange([...value, newGuard(Math.max(0, ...value.map((each) => each.id)) + 1)])}
        >
          Add guard
        </Button>
      </Group>
    </Stack>
  );
}

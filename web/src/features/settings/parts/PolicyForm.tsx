import { ActionIcon, Button, Checkbox, Group, MultiSelect, NumberInput, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { FormDialog } from "@/components/FormDialog";
import { Icon } from "@/components/Icon";
import { policyWords } from "../model";
import classes from "../pages/settings.module.css";
import { type Policy, type PolicyRule, rightsQuery, useSettingsWrites } from "../queries";

type Entity = NonNullable<PolicyRule["entities"]>[number];
type Action = NonNullable<PolicyRule["actions"]>[number];

const ENTITIES: readonly Entity[] = [
  "flag",
  "flag_settings",
  "config",
  "config_settings",
  "segment",
  "metric",
  "experiment",
  "layer",
  "holdout",
  "rollout",
];
const ACTIONS: readonly Action[] = [
  "create",
  "update",
  "archive",
  "restore",
  "delete",
  "start",
  "stop",
  "pause",
  "resume",
  "schedule",
  "unschedule",
  "ship",
];

interface Props {
  readonly policy: Policy;
  /** Of the environment. */
  readonly name: string;
  readonly close: () => void;
}

interface DraftRule {
  readonly id: number;
  readonly rule: PolicyRule;
}

/** How changes of what the environment answers are agreed on. */
export function PolicyForm({ policy, name, close }: Props) {
  const { project } = usePlace();
  const writes = useSettingsWrites(project.key);
  const rights = useQuery(rightsQuery).data ?? [];
  const [required, setRequired] = useState(policy.required);
  const [people, setPeople] = useState(policy.people);
  const [right, setRight] = useState(policy.reviewer_right);
  const [own, setOwn] = useState(policy.own_approvals);
  const [voided, setVoided] = useState(policy.edits_void_approvals);
  const [rules, setRules] = useState<readonly DraftRule[]>(policy.rules.map((rule, id) => ({ id, rule })));
  const body = { required, people, reviewer_right: right, own_approvals: own, edits_void_approvals: voided };
  const change = (id: number, part: Partial<PolicyRule>) =>
    setRules(rules.map((each) => (each.id === id ? { id, rule: { ...each.rule, ...part } } : each)));
  return (
    <FormDialog
      opened
      onClose={close}
      size="xl"
      title={`Approval policy of ${name}`}
      confirm="Save the policy"
      onSubmit={async () =>
        announce(await writes.savePolicy(policy, { ...body, rules: rules.map((each) => each.rule) }), {
          what: `Saved the approval policy of ${name}`,
        })
      }
    >
      <Checkbox
        label="Changes need approval"
        checked={required}
        onChange={(event) => setRequired(event.currentTarget.checked)}
      />
      {required && (
        <>
          <div className={classes.fields}>
            <NumberInput
              label="People who must approve"
              min={1}
              max={20}
              value={people}
              onChange={(next) => setPeople(Number(next) || 1)}
            />
            <Select
              label="With the right"
              searchable
              data={rights.map((each) => each.right)}
              allowDeselect={false}
              value={right}
              onChange={(next) => setRight(next ?? "change:review")}
            />
          </div>
          <Checkbox
            label="Authors may approve their own changes"
            checked={own}
            onChange={(event) => setOwn(event.currentTarget.checked)}
          />
          <Checkbox
            label="New edits need new approvals"
            checked={voided}
            onChange={(event) => setVoided(event.currentTarget.checked)}
          />
          <p className={classes.hint}>{policyWords(body)} The first of these rules that fits an edit says otherwise:</p>
          {rules.map(({ id, rule }, index) => (
            <div key={id} className={classes.fields}>
              <MultiSelect
                label={`Rule ${index + 1}: of`}
                placeholder={rule.entities?.length ? "" : "Anything"}
                data={[...ENTITIES]}
                value={rule.entities ?? []}
                onChange={(next) => change(id, { entities: ENTITIES.filter((each) => next.includes(each)) })}
              />
              <MultiSelect
                label="Action"
                placeholder={rule.actions?.length ? "" : "Any"}
                data={[...ACTIONS]}
                value={rule.actions ?? []}
                onChange={(next) => change(id, { actions: ACTIONS.filter((each) => next.includes(each)) })}
              />
              <NumberInput
                label="Where more change than"
                suffix=" %"
                min={0}
                max={100}
                placeholder="Any share"
                value={rule.changed_percent ?? ""}
                onChange={(next) => change(id, { changed_percent: next === "" ? null : Number(next) })}
              />
              <NumberInput
                label="People"
                min={0}
                max={20}
                value={rule.people}
                onChange={(next) => change(id, { people: Number(next) || 0 })}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Remove rule ${index + 1}`}
                onClick={() => setRules(rules.filter((each) => each.id !== id))}
              >
                <Icon name="trash" size={16} />
              </ActionIcon>
            </div>
          ))}
          <Group>
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon name="plus" size={14} />}
              onClick={() =>
                setRules([
                  ...rules,
                  { id: Math.max(-1, ...rules.map((each) => each.id)) + 1, rule: { people: 2, changed_percent: 5 } },
                ])
              }
            >
              Add a rule
            </Button>
          </Group>
        </>
      )}
    </FormDialog>
  );
}

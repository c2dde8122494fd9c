import { ActionIcon, Button, Checkbox, Group, MultiSelect, NumberInput, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { LOOK_FIRST, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { FormDialog } from "@/components/FormDialog";
import { Icon } from "@/components/Icon";
import { policyWords } from "../model";
import classes from "../pages/settings.module.css";
import { type Policy, type PolicyIn, type PolicyRule, policyQuery, rightsQuery, useSettingsWrites } from "../queries";

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

type Draft = Required<PolicyIn>;

const draftOf = (policy: Policy): Draft => ({
  required: policy.required,
  people: policy.people,
  reviewer_right: policy.reviewer_right,
  own_approvals: policy.own_approvals,
  edits_void_approvals: policy.edits_void_approvals,
  rules: policy.rules,
});

/** How changes of what the environment answers are agreed on. */
export function PolicyForm({ policy, name, close }: Props) {
  const { project } = usePlace();
  const writes = useSettingsWrites(project.key);
  const rights = useQuery(rightsQuery).data ?? [];
  const stored = useMemo(() => draftOf(policy), [policy]);
  const edited = useSharedDraft({
    stored,
    version: policy.version,
    readBy: policyQuery(project.key, policy.environment).queryKey,
    subject: null,
  });
  const { draft, set } = edited;
  const { rules } = draft;
  const change = (part: Partial<Draft>) => set((before) => ({ ...before, ...part }));
  const changeRule = (index: number, part: Partial<PolicyRule>) =>
    change({ rules: rules.map((each, at) => (at === index ? { ...each, ...part } : each)) });
  const submit = async () => {
    const before = edited.base;
    const written = await writes.savePolicy({ ...policy, version: edited.version }, draft);
    edited.saved(written.data.version);
    announce(written, {
      what: `Saved the approval policy of ${name}`,
      undo: () => writes.savePolicy(written.data, before),
    });
  };
  return (
    <FormDialog
      opened
      onClose={close}
      size="xl"
      title={`Approval policy of ${name}`}
      confirm="Save the policy"
      incomplete={edited.moved ? LOOK_FIRST : ""}
      onSubmit={submit}
    >
      <Meanwhile edited={edited} />
      <Checkbox
        label="Changes need approval"
        checked={draft.required}
        onChange={(event) => change({ required: event.currentTarget.checked })}
      />
      {draft.required && (
        <>
          <div className={classes.fields}>
            <NumberInput
              label="People who must approve"
              data-path="approvals"
              min={1}
              max={20}
              value={draft.people}
              onChange={(next) => change({ people: Number(next) || 1 })}
            />
            <Select
              label="With the right"
              searchable
              data={rights.map((each) => each.right)}
              allowDeselect={false}
              value={draft.reviewer_right}
              onChange={(next) => next !== null && change({ reviewer_right: next })}
            />
          </div>
          <Checkbox
            label="Authors may approve their own changes"
            checked={draft.own_approvals}
            onChange={(event) => change({ own_approvals: event.currentTarget.checked })}
          />
          <Checkbox
            label="New edits need new approvals"
            checked={draft.edits_void_approvals}
            onChange={(event) => change({ edits_void_approvals: event.currentTarget.checked })}
          />
          <p className={classes.hint}>
            {policyWords(draft)} The first of these rules that fits an edit says otherwise:
          </p>
          {rules.map((rule, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rules have no other identity
            <div key={index} className={classes.rule}>
              <MultiSelect
                label={`Rule ${index + 1}: of`}
                placeholder={rule.entities?.length ? "" : "Anything"}
                data={[...ENTITIES]}
                value={rule.entities ?? []}
                onChange={(next) => changeRule(index, { entities: ENTITIES.filter((each) => next.includes(each)) })}
              />
              <MultiSelect
                label="Action"
                placeholder={rule.actions?.length ? "" : "Any"}
                data={[...ACTIONS]}
                value={rule.actions ?? []}
                onChange={(next) => changeRule(index, { actions: ACTIONS.filter((each) => next.includes(each)) })}
              />
              <NumberInput
                label="If more move than"
                data-path="changed_percent"
                suffix="%"
                min={0}
                max={100}
                placeholder="Any share"
                value={rule.changed_percent ?? ""}
                onChange={(next) => changeRule(index, { changed_percent: next === "" ? null : Number(next) })}
              />
              <NumberInput
                label="People"
                min={0}
                max={20}
                value={rule.people}
                onChange={(next) => changeRule(index, { people: Number(next) || 0 })}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Remove rule ${index + 1}`}
                onClick={() => change({ rules: rules.toSpliced(index, 1) })}
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
              onClick={() => change({ rules: [...rules, { people: 2, changed_percent: 5 }] })}
            >
              Add rule
            </Button>
          </Group>
        </>
      )}
    </FormDialog>
  );
}

import { Button, Radio, Stack, Switch } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { Card } from "@/components/Card";
import { MEANWHILE, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { segmentKeysQuery } from "@/components/queries";
import { Refusals } from "@/components/refusals/Refusals";
import { EditReview } from "@/components/reviewing/EditReview";
import { LookOnly } from "@/components/rights/LookOnly";
import { SaveBar } from "@/components/SaveBar";
import { errorsBelow } from "@/components/schema/errors";
import { useRefused } from "@/components/use-refused";
import { isObject, type JsonObject } from "@/lib/json";
import { conditionOf, inWords, movedTo } from "@/lib/rules";
import classes from "../configs.module.css";
import { type ConfigOverride, SETTINGS_PARTS, type SettingsDraft, settingsPatch, settingsWords } from "../model";
import { type Config, type ConfigSettings, changeSettings, configsKey, settingsQuery } from "../queries";
import { OverrideCard } from "./OverrideCard";
import { ValueEditor } from "./ValueEditor";

interface Props {
  readonly config: Config;
  readonly settings: ConfigSettings;
}

/** What one environment serves: its value, and overrides of it as rules. */
export function SettingsTab({ config, settings }: Props) {
  const { project, environment } = usePlace();
  const client = useQueryClient();
  const right = useRight("config:update", environment.key);
  const readOnly = !right.allowed || config.archived;
  const stored = useMemo(() => draftFrom(settings), [settings]);
  const at = { project: project.key, key: config.key, environment: environment.key };
  const edited = useSharedDraft({
    stored,
    version: settings.version,
    parts: SETTINGS_PARTS,
    readBy: settingsQuery(project.key, config.key, environment.key).queryKey,
    publishedIn: at,
    subject: { kind: "config_settings", ...at },
  });
  const { draft, set, discard, base, version, moved: changed } = edited;
  const [reviewing, setReviewing] = useState(false);
  const { fields: refused, problem, refuse } = useRefused(draft);
  const segments = useQuery(segmentKeysQuery(project.key)).data ?? [];

  const shared = objectOf(config.value);
  const value = draft.value ?? shared;
  const patch = settingsPatch(base, draft);
  const words = settingsWords(base, draft, shared, ifWords);
  const change = (part: Partial<SettingsDraft>) => set((before) => ({ ...before, ...part }));
  const setOverride = (index: number, given: ConfigOverride) =>
    change({ overrides: draft.overrides.with(index, given) });

  return (
    <Stack gap="md">
      {!config.archived && <LookOnly right="config:update" environment={environment.key} />}
      <Meanwhile edited={edited} />
      <Refusals problem={problem}>
        <Card
          title={`Value in ${environment.name}`}
          subtitle="What everybody gets whom no override matches."
          actions={
            <Switch
              label="A value of its own"
              checked={draft.value !== null}
              disabled={readOnly}
              onChange={(event) => change({ value: event.currentTarget.checked ? shared : null })}
            />
          }
        >
          {draft.value === null && (
            <p className={classes.dim}>It serves the config's shared value, which is edited beside the schema.</p>
          )}
          <ValueEditor
            label={`Value in ${environment.name}`}
            path="value"
            schema={config.schema as JsonObject}
            value={value}
            errors={errorsBelow(refused, "value")}
            {...(draft.value === null || readOnly ? {} : { onChange: (given: JsonObject) => change({ value: given }) })}
          />
        </Card>
        <Card title="Overrides" subtitle="From the top: who else gets something else. Each changes only what it names.">
          <ol className={classes.overrides}>
            {draft.overrides.map((each, index) => (
              <OverrideCard
                key={each.id ?? `new ${index}`}
                override={each}
                index={index}
                count={draft.overrides.length}
                base={value}
                schema={config.schema as JsonObject}
                segments={segments}
                refused={refused}
                readOnly={readOnly}
                onChange={(given) => setOverride(index, given)}
                onMove={(to) => change({ overrides: movedTo(draft.overrides, index, to) })}
                onRemove={() => change({ overrides: draft.overrides.toSpliced(index, 1) })}
              />
            ))}
          </ol>
          {draft.overrides.length === 0 && <p className={classes.dim}>None: everybody gets the value above.</p>}
          {!readOnly && (
            <Button
              mt="sm"
              variant="default"
              onClick={() =>
                change({
                  overrides: [...draft.overrides, { if: { attribute: "", operator: "eq", value: "" }, value: {} }],
                })
              }
            >
              Add override
            </Button>
          )}
          {(draft.overrides.length > 1 || draft.resolve === "merge") && (
            <Radio.Group
              mt="md"
              label="Where several match"
              value={draft.resolve}
              onChange={(given) => !readOnly && change({ resolve: given === "merge" ? "merge" : "first" })}
            >
              <Stack gap="xs" mt="xs">
                <Radio value="first" label="The first one applies" />
                <Radio value="merge" label="All apply, in their order" description="Of at most ten overrides." />
              </Stack>
            </Radio.Group>
          )}
          {settings.invalid_combinations.length > 0 && (
            <p className={classes.dim}>
              Whom {settings.invalid_combinations.map((each) => each.join(" and ")).join(", or ")} match together gets
              the value alone: their combination breaks the schema.
            </p>
          )}
        </Card>
      </Refusals>
      <SaveBar
        changes={words}
        problem={problem}
        settleFirst={changed ? MEANWHILE : null}
        onReview={() => setReviewing(true)}
        onDiscard={discard}
      />
      {reviewing && (
        <EditReview
          title={`Change ${config.key} in ${environment.name}`}
          edit={{
            entity: "config_settings",
            key: config.key,
            environment: environment.key,
            action: "update",
            document: { ...patch },
            base_version: version,
          }}
          environment={environment}
          words={words}
          before={base}
          after={draft}
          done={`Changed config ${config.key} in ${environment.name}`}
          save={({ reason, choice }) => changeSettings(at, version, bodyOf(patch, choice), reason)}
          subject={edited.subject}
          refresh={() => client.invalidateQueries({ queryKey: configsKey(project.key) })}
          onClose={() => setReviewing(false)}
          onSaved={edited.saved}
          onAsked={discard}
          onRefused={(fields, refusal) => {
            refuse(fields, refusal);
            if (refusal.status === 412) void edited.readAnew();
          }}
        />
      )}
    </Stack>
  );
}

function bodyOf(patch: Partial<SettingsDraft>, choice: "new_phase" | "stop" | "accept" | null) {
  const { overrides, ...rest } = patch;
  return {
    ...rest,
    ...(overrides === undefined ? {} : { overrides: overrides.map((each) => ({ ...each })) }),
    ...(choice === null ? {} : { on_experiments: choice }),
  };
}

export function ifWords(override: ConfigOverride): string {
  if (override.segment !== undefined) return `in segment ${override.segment}`;
  const condition = conditionOf(override.if);
  return condition === null ? "its condition holds" : inWords(condition);
}

function draftFrom(settings: ConfigSettings): SettingsDraft {
  return {
    value: settings.inherited ? null : objectOf(settings.value),
    resolve: settings.resolve,
    overrides: settings.overrides.map(overrideOf),
  };
}

function overrideOf(document: Readonly<Record<string, unknown>>): ConfigOverride {
  return {
    ...(typeof document.id === "string" ? { id: document.id } : {}),
    ...(isObject(document.if) ? { if: document.if } : {}),
    ...(typeof document.segment === "string" ? { segment: document.segment } : {}),
    value: isObject(document.value) ? document.value : {},
  };
}

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

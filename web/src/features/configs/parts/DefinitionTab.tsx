import { Alert, Stack } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { AboutCard } from "@/components/AboutCard";
import { Card } from "@/components/Card";
import { MEANWHILE, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { Refusals } from "@/components/refusals/Refusals";
import { EditReview } from "@/components/reviewing/EditReview";
import { LookOnly } from "@/components/rights/LookOnly";
import { SaveBar } from "@/components/SaveBar";
import { errorsBelow } from "@/components/schema/errors";
import { useRefused } from "@/components/use-refused";
import { type JsonObject, same } from "@/lib/json";
import { MEMBERS, type Parts, SET } from "@/lib/merge";
import classes from "../configs.module.css";
import { valueWords } from "../model";
import { type Config, changeConfig, configQuery, configsKey } from "../queries";
import { schemaWords } from "../schema-words";
import { objectOf } from "./SettingsTab";
import { useBroken } from "./use-broken";
import { ObjectText, ValueEditor } from "./ValueEditor";

interface Draft {
  value: JsonObject;
  schema: JsonObject;
  name: string;
  description: string;
  tags: string[];
  owner: string | null;
}

const PARTS: Parts<Draft> = { value: MEMBERS, schema: MEMBERS, tags: SET };

/** What all environments share: the value where they have none of their own, and the schema that all values fit. */
export function DefinitionTab({ config }: { readonly config: Config }) {
  const { project, environment } = usePlace();
  const client = useQueryClient();
  const right = useRight("config:update");
  const readOnly = !right.allowed || config.archived;
  const stored = useMemo((): Draft => {
    const { name, description, tags, owner } = config;
    return { value: objectOf(config.value), schema: objectOf(config.schema), name, description, tags, owner };
  }, [config]);
  const edited = useSharedDraft({
    stored,
    version: config.version,
    parts: PARTS,
    readBy: configQuery(project.key, config.key).queryKey,
    subject: { project: project.key, kind: "config", key: config.key },
  });
  const { draft, set, discard, base, version, moved } = edited;
  const [reviewing, setReviewing] = useState(false);
  const { fields: refused, problem, refuse } = useRefused(draft);
  const change = (part: Partial<Draft>) => set((before) => ({ ...before, ...part }));
  const error = (field: string) => refused.find((each) => each.field === field)?.message;
  const patch = changed(base, draft);
  const words = wordsOf(base, draft);
  const tried = useBroken({ project: project.key, key: config.key, version }, schemaPatch(base, draft), !readOnly);
  // What a save was refused for is listed by itself.
  const broken = refused.length > 0 ? [] : tried;
  return (
    <Stack gap="md">
      {!config.archived && <LookOnly right="config:update" />}
      <Meanwhile edited={edited} />
      {broken.length > 0 && (
        <Alert color="red" variant="light" role="alert" title="The schema would break what environments serve">
          <ul className={classes.change}>
            {broken.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </Alert>
      )}
      <Refusals problem={problem}>
        <div className={classes.columns}>
          <Card title="Shared value" subtitle="Served wherever an environment has no value of its own.">
            <ValueEditor
              label="Shared value"
              path="value"
              schema={draft.schema}
              value={draft.value}
              errors={errorsBelow(refused, "value")}
              {...(readOnly ? {} : { onChange: (value: JsonObject) => change({ value }) })}
            />
          </Card>
          <div className={classes.stack}>
            <Card
              title="Schema"
              subtitle="A JSON Schema that every value fits, with its overrides. What it refuses can't be saved."
            >
              <ObjectText
                label="Schema"
                path="schema"
                value={draft.schema}
                {...(readOnly ? {} : { onChange: (schema: JsonObject) => change({ schema }) })}
              />
            </Card>
            <AboutCard about={draft} readOnly={readOnly} error={error} onChange={change} />
          </div>
        </div>
      </Refusals>
      <SaveBar
        changes={words}
        problem={problem}
        settleFirst={moved ? MEANWHILE : null}
        onReview={() => setReviewing(true)}
        onDiscard={discard}
      />
      {reviewing && (
        <EditReview
          title={`Change config ${config.key}`}
          edit={{
            entity: "config",
            key: config.key,
            action: "update",
            document: { ...patch },
            base_version: version,
          }}
          environment={environment}
          words={words}
          before={base}
          after={draft}
          done={`Changed config ${config.key}`}
          touches={<p>The shared value and the schema are those of every environment.</p>}
          save={({ reason, choice }) =>
            changeConfig(
              project.key,
              config.key,
              version,
              { ...patch, ...(choice === null ? {} : { on_experiments: choice }) },
              reason,
            )
          }
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

function changed(before: Draft, after: Draft): Partial<Draft> {
  const fields = Object.entries(after).filter(([name, value]) => !same(before[name as keyof Draft], value));
  return Object.fromEntries(fields);
}

/** What decides whether stored values still fit; null while the schema stays as it is. */
const schemaPatch = (before: Draft, after: Draft): Pick<Draft, "value" | "schema"> | null =>
  same(before.schema, after.schema) ? null : { value: after.value, schema: after.schema };

function wordsOf(before: Draft, after: Draft): string[] {
  const words = valueWords(before.value, after.value);
  words.push(...schemaWords(before.schema, after.schema));
  if (before.name !== after.name) words.push(`It is called “${after.name}”`);
  if (before.description !== after.description) words.push("Its description is another one");
  if (before.owner !== after.owner)
    words.push(after.owner === null ? "Nobody looks after it" : `${after.owner} looks after it`);
  if (!same(before.tags, after.tags)) words.push(`Its tags are ${after.tags.join(", ") || "none"}`);
  return words;
}

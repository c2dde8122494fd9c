import { ActionIcon, Button, Checkbox, JsonInput, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, type FieldProblem } from "@/api/problem";
import { useRight } from "@/api/rights";
import { announce } from "@/components/announce";
import { Card } from "@/components/Card";
import { errorAt } from "@/components/condition/context";
import { Icon } from "@/components/Icon";
import { Review } from "@/components/Review";
import { SaveBar } from "@/components/SaveBar";
import { ServeEditor } from "@/components/ServeEditor";
import { Swatch } from "@/components/Swatch";
import { useDraft } from "@/components/use-draft";
import { alike, differenceInWords, inColourOrder, isJson, type Json, type Serve, serveOf } from "@/lib/rules";
import { flagChanged } from "../changed";
import classes from "./flag.module.css";
import { changeFlag, type Flag, type FlagPatch, undo, type Variation } from "./queries";

interface FlagDraft {
  variations: Variation[];
  off_variation: string;
  default: Serve;
  client_visible: boolean;
}

const draftOf = (flag: Flag): FlagDraft => ({
  variations: flag.variations.map((each) => ({ ...each })),
  off_variation: flag.off_variation,
  default: serveOf(flag.default) ?? { variation: flag.off_variation },
  client_visible: flag.client_visible,
});

/** What the flag can be, the same in every environment. */
export function VariationsTab({ flag }: { readonly flag: Flag }) {
  const { project, environment, environments } = usePlace();
  const client = useQueryClient();
  const saved = useMemo(() => draftOf(flag), [flag]);
  const { draft, set, dirty, discard, base } = useDraft(saved);
  const { allowed } = useRight("flag:update");
  const [reviewing, setReviewing] = useState(false);
  const [errors, setErrors] = useState<readonly FieldProblem[]>([]);
  const editable = allowed && !flag.archived;
  const words = dirty ? differenceInWords({ ...base }, { ...draft }) : [];
  const change = (part: Partial<FlagDraft>) => {
    setErrors([]);
    set((before) => ({ ...before, ...part }));
  };
  const save = async ({ reason }: { readonly reason: string }) => {
    const names = ["variations", "off_variation", "default", "client_visible"] as const;
    const body: FlagPatch = Object.fromEntries(
      names.filter((name) => !alike(base[name], draft[name])).map((name) => [name, draft[name]]),
    );
    try {
      const written = await changeFlag(project.key, flag.key, flag.version, body, reason);
      announce(written, {
        what: `Saved the variations of ${flag.key}`,
        undo: async () => {
          await undo(
            "flag",
            { project: project.key, key: flag.key, environment: environment.key },
            written.data.version,
          );
          await flagChanged(client, project.key, flag.key);
        },
      });
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.status === 422 && problem.fields.length > 0) setErrors(problem.fields);
      throw thrown;
    }
    await flagChanged(client, project.key, flag.key);
    discard();
  };
  return (
    <div className={classes.main}>
      <Card title="Variations" subtitle={`Type: ${flag.type}. Every environment has the same.`}>
        <ul className={classes.rows}>
          {draft.variations.map((each, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the key is what is edited
            <li key={index}>
              <VariationRow
                variation={each}
                index={index}
                colour={inColourOrder(draft.variations, draft.off_variation).indexOf(each)}
                type={flag.type}
                editable={editable}
                fresh={!base.variations.some((one) => one.key === each.key)}
                errors={errors}
                onChange={(changed) => change({ variations: draft.variations.with(index, changed) })}
                onRemove={() => change({ variations: draft.variations.toSpliced(index, 1) })}
              />
            </li>
          ))}
        </ul>
        {editable && flag.type !== "boolean" && (
          <Button
            mt="sm"
            variant="default"
            size="compact-sm"
            leftSection={<Icon name="plus" />}
            onClick={() =>
              change({ variations: [...draft.variations, { key: "", name: "", value: emptyOf(flag.type) }] })
            }
          >
            Add variation
          </Button>
        )}
      </Card>
      <Card title="Unless an environment says otherwise">
        <ServeEditor
          label="Serve by default"
          serve={draft.default}
          from={base.default}
          onChange={(serve) => change({ default: serve })}
          variations={inColourOrder(draft.variations, draft.off_variation)}
          errors={errors}
          path="default"
        />
        <NativeSelect
          mt="md"
          maw={320}
          size="xs"
          label="While it is off, serve"
          data-path="off_variation"
          disabled={!editable}
          data={draft.variations.map((each) => ({ value: each.key, label: each.name || each.key }))}
          value={draft.off_variation}
          onChange={(event) => change({ off_variation: event.currentTarget.value })}
        />
        <Checkbox
          mt="md"
          label="Client keys see it"
          description="Browsers and phones may read its value. Rules stay here."
          disabled={!editable}
          checked={draft.client_visible}
          onChange={(event) => change({ client_visible: event.currentTarget.checked })}
        />
      </Card>
      <SaveBar changes={words} onReview={() => setReviewing(true)} onDiscard={discard} />
      {reviewing && (
        <Review
          opened
          onClose={() => setReviewing(false)}
          words={words}
          before={base}
          after={draft}
          warnings={[`This changes ${flag.key} in all ${environments.length} environments.`]}
          reasonDemanded={environments.some((each) => each.reason_required)}
          mode="save"
          onSubmit={save}
        />
      )}
    </div>
  );
}

const emptyOf = (type: string): Json =>
  type === "boolean" ? false : type === "string" ? "" : type === "object" ? {} : 0;

interface RowProps {
  readonly variation: Variation;
  readonly index: number;
  readonly colour: number;
  readonly type: string;
  readonly editable: boolean;
  /** Its key can still be chosen. */
  readonly fresh: boolean;
  readonly errors: readonly FieldProblem[];
  readonly onChange: (variation: Variation) => void;
  readonly onRemove: () => void;
}

function VariationRow({ variation, index, colour, type, editable, fresh, errors, onChange, onRemove }: RowProps) {
  const path = `variations[${index}]`;
  return (
    <div className={classes.variation}>
      <span className={classes.swatch}>
        <Swatch index={colour} />
      </span>
      <TextInput
        label="Key"
        data-path={`${path}.key`}
        value={variation.key}
        disabled={!editable || !fresh}
        error={errorAt(errors, `${path}.key`)}
        onChange={(event) => onChange({ ...variation, key: event.currentTarget.value })}
      />
      <TextInput
        label="Name"
        placeholder={variation.key}
        value={variation.name ?? ""}
        disabled={!editable}
        onChange={(event) => onChange({ ...variation, name: event.currentTarget.value })}
      />
      <Value
        type={type}
        value={isJson(variation.value) ? variation.value : null}
        disabled={!editable}
        error={errorAt(errors, `${path}.value`)}
        path={`${path}.value`}
        onChange={(value) => onChange({ ...variation, value })}
      />
      {editable && type !== "boolean" ? (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={`Remove variation ${variation.key}`}
          onClick={onRemove}
        >
          <Icon name="close" />
        </ActionIcon>
      ) : (
        <span />
      )}
    </div>
  );
}

interface ValueProps {
  readonly type: string;
  readonly value: Json;
  readonly disabled: boolean;
  readonly error: string | null;
  readonly path: string;
  readonly onChange: (value: Json) => void;
}

function Value({ type, value, disabled, error, path, onChange }: ValueProps) {
  const common = { label: "Value", "data-path": path, error };
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  // A boolean flag is true and false: another value would be another flag.
  if (type === "boolean") return <TextInput {...common} value={String(value)} disabled />;
  if (type === "string") {
    return (
      <TextInput
        {...common}
        disabled={disabled}
        value={String(value ?? "")}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  if (type !== "object") {
    return (
      <NumberInput
        {...common}
        disabled={disabled}
        allowDecimal={type === "number"}
        value={typeof value === "number" ? value : ""}
        onChange={(typed) => typeof typed === "number" && onChange(typed)}
      />
    );
  }
  const read = (typed: string) => {
    setText(typed);
    try {
      const parsed: unknown = JSON.parse(typed);
      if (isJson(parsed)) onChange(parsed);
    } catch {
      // Not JSON yet: the field says so.
    }
  };
  return (
    <JsonInput
      {...common}
      disabled={disabled}
      autosize
      minRows={2}
      maxRows={12}
      validationError="This is no JSON"
      value={text}
      onChange={read}
    />
  );
}

import { ActionIcon, Button } from "@mantine/core";
import { useState } from "react";
import type { FieldProblem } from "@/api/problem";
import { ConditionEditor } from "@/components/ConditionEditor";
import { ConditionSentence } from "@/components/ConditionSentence";
import { Icon } from "@/components/Icon";
import { SchemaPatchForm } from "@/components/SchemaForm";
import { errorsBelow } from "@/components/schema/errors";
import { isObject, type JsonObject } from "@/lib/json";
import { type Condition, conditionOf } from "@/lib/rules";
import classes from "../configs.module.css";
import { type ConfigOverride, patchWords } from "../model";

interface Props {
  readonly override: ConfigOverride;
  readonly index: number;
  readonly count: number;
  /** What it is laid over. */
  readonly base: JsonObject;
  readonly schema: JsonObject;
  readonly segments: readonly string[];
  readonly refused: readonly FieldProblem[];
  readonly readOnly: boolean;
  readonly onChange: (override: ConfigOverride) => void;
  readonly onMove: (to: number) => void;
  readonly onRemove: () => void;
}

/** "If … is …, theme from light to dark": one override as a sentence, and its controls. */
export function OverrideCard(props: Props) {
  const { override, index, count, base, schema, segments, refused, readOnly, onChange, onMove, onRemove } = props;
  const path = `overrides[${index}]`;
  const wrong = refused.some((each) => each.field.startsWith(path));
  const [opened, setOpened] = useState(override.id === undefined);
  const condition = override.segment === undefined ? conditionOf(override.if) : { segment: override.segment };
  const words = patchWords(base, override.value);
  const name = `override ${index + 1}`;
  return (
    <li aria-label={`Override ${index + 1}`}>
      <div className={classes.head}>
        <div className={classes.sentence}>
          <strong>{index + 1}</strong> If{" "}
          {condition === null ? "…" : <ConditionSentence condition={condition} root={`${path}.if`} />}:
          <ul className={classes.change}>
            {words.length === 0 ? (
              <li className={classes.dim}>nothing is changed yet</li>
            ) : (
              words.map((each) => <li key={each}>{each}</li>)
            )}
          </ul>
        </div>
        <div className={classes.buttons}>
          {!readOnly && (
            <>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Move ${name} up`}
                disabled={index === 0}
                onClick={() => onMove(index - 1)}
              >
                <Icon name="up" size={16} />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Move ${name} down`}
                disabled={index === count - 1}
                onClick={() => onMove(index + 1)}
              >
                <Icon name="down" size={16} />
              </ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${name}`} onClick={onRemove}>
                <Icon name="trash" size={16} />
              </ActionIcon>
              <Button
                size="compact-sm"
                variant="default"
                aria-expanded={opened}
                aria-label={`${opened ? "Close" : "Edit"} ${name}`}
                onClick={() => setOpened(!opened)}
              >
                {opened ? "Close" : "Edit"}
              </Button>
            </>
          )}
        </div>
      </div>
      {(opened || wrong) && !readOnly && (
        <div className={classes.edit}>
          <ConditionEditor
            value={condition}
            root={`${path}.if`}
            segments={segments}
            errors={refused.filter((each) => each.field.startsWith(`${path}.if`))}
            onChange={(given: Condition | null) => {
              const { segment: _, ...rest } = override;
              onChange(isObject(given) ? { ...rest, if: given } : rest);
            }}
          />
          <SchemaPatchForm
            label={`What ${name} changes`}
            schema={schema}
            base={base}
            patch={override.value}
            path={`${path}.value`}
            errors={errorsBelow(refused, `${path}.value`)}
            onChange={(value) => onChange({ ...override, value })}
          />
        </div>
      )}
    </li>
  );
}

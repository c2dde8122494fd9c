import { ActionIcon, JsonInput, NumberInput, TextInput } from "@mantine/core";
import { useState } from "react";
import type { FieldProblem } from "@/api/problem";
import { errorAt } from "@/components/condition/context";
import { Icon } from "@/components/Icon";
import { Swatch } from "@/components/Swatch";
import { same } from "@/lib/json";
import { isJson, type Json } from "@/lib/rules";
import classes from "./flag.module.css";
import type { Variation } from "./queries";

export const emptyOf = (type: string): Json =>
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

export function VariationRow({
  variation,
  index,
  colour,
  type,
  editable,
  fresh,
  errors,
  onChange,
  onRemove,
}: RowProps) {
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
  // What was typed, as long as the value is what it says: a rebase brings another one.
  const [typed, setTyped] = useState<{ readonly text: string; readonly of: Json } | null>(null);
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
  const read = (text: string) => {
    const parsed = jsonFrom(text);
    setTyped({ text, of: parsed === undefined ? value : parsed });
    if (parsed !== undefined) onChange(parsed);
  };
  return (
    <JsonInput
      {...common}
      disabled={disabled}
      autosize
      minRows={2}
      maxRows={12}
      validationError="This is no JSON"
      value={typed !== null && same(typed.of, value) ? typed.text : JSON.stringify(value, null, 2)}
      onChange={read}
    />
  );
}

/** Undefined while it isn't JSON yet: the field says so. */
function jsonFrom(text: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isJson(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

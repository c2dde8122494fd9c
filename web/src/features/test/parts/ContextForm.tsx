import { ActionIcon, Autocomplete, Button, SegmentedControl, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { Icon } from "@/components/Icon";
import { JsonEditor } from "@/components/JsonEditor";
import { isJson, type Json, literalOf, type SeenAttribute, shownLiteral } from "@/lib/rules";
import { contextOf } from "../answer";
import classes from "./test.module.css";

interface Props {
  /** JSON, as the address has it. */
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly attributes: readonly SeenAttribute[] | undefined;
}

const KEY = "targetingKey";

/** An evaluation context, field by field or as JSON. */
export function ContextForm({ value, onChange, attributes }: Props) {
  const context = contextOf(value);
  const [asJson, setAsJson] = useState(context === null);
  return (
    <div className={classes.column}>
      <SegmentedControl
        size="xs"
        w="max-content"
        aria-label="Context as"
        data={[
          { value: "form", label: "Form" },
          { value: "json", label: "JSON" },
        ]}
        value={asJson || context === null ? "json" : "form"}
        onChange={(chosen) => {
          setAsJson(chosen === "json");
          if (chosen === "json" && context !== null) onChange(JSON.stringify(context, null, 2));
        }}
      />
      {asJson || context === null ? (
        <JsonEditor
          label="Context"
          value={value}
          onChange={onChange}
          height={220}
          error={context === null ? "The context is a JSON object." : null}
        />
      ) : (
        <Fields context={context} onChange={(next) => onChange(JSON.stringify(next))} attributes={attributes} />
      )}
    </div>
  );
}

interface FieldsProps {
  readonly context: Readonly<Record<string, unknown>>;
  readonly onChange: (context: Record<string, unknown>) => void;
  readonly attributes: readonly SeenAttribute[] | undefined;
}

function Fields({ context, onChange, attributes }: FieldsProps) {
  const [fresh, setFresh] = useState("");
  const names = Object.keys(context).filter((name) => name !== KEY);
  const add = () => {
    const name = fresh.trim();
    if (name === "" || name in context) return;
    onChange({ ...context, [name]: "" });
    setFresh("");
  };
  const without = (name: string) => Object.fromEntries(Object.entries(context).filter(([each]) => each !== name));
  return (
    <>
      <TextInput
        label="Targeting key"
        placeholder="user-1"
        value={context[KEY] === undefined ? "" : String(context[KEY])}
        onChange={(event) => {
          const typed = event.currentTarget.value;
          onChange(typed === "" ? without(KEY) : { [KEY]: typed, ...without(KEY) });
        }}
      />
      <ul className={classes.rows} aria-label="Attributes">
        {names.map((name) => (
          <li key={name}>
            <Field
              name={name}
              value={context[name]}
              seen={attributes?.find((each) => each.name === name)}
              onChange={(value) => onChange({ ...context, [name]: value })}
              onRemove={() => onChange(without(name))}
            />
          </li>
        ))}
      </ul>
      <form
        className={classes.row}
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <Autocomplete
          label="Another attribute"
          placeholder="country"
          data={(attributes ?? []).map((each) => each.name).filter((name) => !(name in context))}
          limit={20}
          value={fresh}
          onChange={setFresh}
        />
        <Button type="submit" variant="default" disabled={fresh.trim() === "" || fresh.trim() in context}>
          Add
        </Button>
      </form>
    </>
  );
}

interface FieldProps {
  readonly name: string;
  readonly value: unknown;
  readonly seen: SeenAttribute | undefined;
  readonly onChange: (value: Json) => void;
  readonly onRemove: () => void;
}

/** Typed as JSON where that is a number, true or false, or a list; in quotes where a text looks like one. */
function Field({ name, value, seen, onChange, onRemove }: FieldProps) {
  const [text, setText] = useState(() => (value === "" || !isJson(value) ? "" : shownJson(value)));
  const read = literalFrom(text);
  return (
    <div className={classes.row}>
      <Autocomplete
        label={name}
        data={(seen?.values ?? []).map(String)}
        limit={20}
        value={text}
        onChange={(typed) => {
          setText(typed);
          onChange(literalFrom(typed));
        }}
      />
      <Text size="xs" c="dimmed" pb={8}>
        {Array.isArray(read)
          ? "a list"
          : typeof read === "string"
            ? "text"
            : typeof read === "object"
              ? "an object"
              : typeof read}
      </Text>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Remove ${name}`} onClick={onRemove}>
        <Icon name="close" />
      </ActionIcon>
    </div>
  );
}

function shownJson(value: Json): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return shownLiteral(value).startsWith("“") ? JSON.stringify(value) : value;
}

function literalFrom(typed: string): Json {
  const trimmed = typed.trim();
  if (/^[[{"]/.test(trimmed)) {
    try {
      const read: unknown = JSON.parse(trimmed);
      if (isJson(read)) return read;
    } catch {
      return typed;
    }
  }
  return literalOf(trimmed, "boolean") ?? literalOf(trimmed, "number") ?? typed;
}

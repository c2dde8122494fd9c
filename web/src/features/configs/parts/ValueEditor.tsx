import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { JsonEditor } from "@/components/JsonEditor";
import { SchemaForm } from "@/components/SchemaForm";
import type { Schema } from "@/components/schema/document";
import { type JsonObject, same } from "@/lib/json";
import classes from "../configs.module.css";
import { objectFrom } from "../model";

interface Props {
  readonly label: string;
  readonly path: string;
  readonly schema: Schema;
  readonly value: JsonObject;
  readonly errors: Readonly<Record<string, string>>;
  readonly onChange?: (value: JsonObject) => void;
}

/** A value as a form made from its schema, and as JSON. */
export function ValueEditor({ label, path, schema, value, errors, onChange }: Props) {
  const [shown, setShown] = useState("form");
  return (
    <div className={classes.stack}>
      <SegmentedControl
        aria-label={`How ${label} is shown`}
        size="xs"
        data={[
          { value: "form", label: "Form" },
          { value: "json", label: "JSON" },
        ]}
        value={shown}
        onChange={setShown}
        style={{ alignSelf: "flex-start" }}
      />
      {shown === "form" ? (
        <SchemaForm
          label={label}
          schema={schema}
          value={value}
          errors={errors}
          path={path}
          {...(onChange === undefined ? {} : { onChange })}
        />
      ) : (
        <ObjectText
          label={label}
          path={path}
          schema={schema}
          value={value}
          {...(onChange === undefined ? {} : { onChange })}
        />
      )}
    </div>
  );
}

interface TextProps {
  readonly label: string;
  readonly path: string;
  readonly schema?: Schema;
  readonly value: JsonObject;
  readonly height?: number;
  readonly onChange?: (value: JsonObject) => void;
}

/** An object as text. What is no object yet stays here, and is taken as soon as it is one. */
export function ObjectText({ label, path, schema, value, height = 320, onChange }: TextProps) {
  const [held, setHeld] = useState<{ text: string; value: JsonObject } | null>(null);
  // The text goes on as it was typed while the value is what it says.
  const text = held !== null && same(held.value, value) ? held.text : JSON.stringify(value, null, 2);
  const wrong = held !== null && same(held.value, value) && objectFrom(held.text) === null;
  const change = (given: string) => {
    const read = objectFrom(given);
    setHeld({ text: given, value: read ?? value });
    if (read !== null) onChange?.(read);
  };
  return (
    <JsonEditor
      label={label}
      data-path={path}
      value={text}
      height={height}
      {...(schema === undefined ? {} : { schema })}
      error={wrong ? "This is no JSON object yet; what stood before still holds." : null}
      {...(onChange === undefined ? {} : { onChange: change })}
    />
  );
}

import { NativeSelect, NumberInput, Switch, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { type Json, member, same } from "@/lib/json";
import { labelOf, type Shape } from "./shapes";

export interface ControlProps {
  id: string;
  label: string;
  shape: Shape;
  value: Json | undefined;
  error: string | undefined;
  describedBy: string | undefined;
  field: string;
  readOnly: boolean;
  onChange: (value: Json) => void;
}

/** One control for what is neither an object nor a list. */
export function Control(props: ControlProps) {
  switch (props.shape.kind) {
    case "switch":
      return <SwitchControl {...props} />;
    case "choice":
    case "constant":
      return <ChoiceControl {...props} />;
    case "number":
    case "integer":
      return <NumberControl {...props} />;
    case "text":
      return <TextControl {...props} />;
    default:
      return <RawControl {...props} />;
  }
}

function attributes({ id, error, describedBy, field }: ControlProps) {
  return { id, error, "aria-describedby": describedBy, "data-path": field };
}

function SwitchControl(props: ControlProps) {
  const { value, readOnly, onChange, label } = props;
  return (
    <Switch
      {...attributes(props)}
      aria-label={label}
      checked={value === true}
      disabled={readOnly}
      label={value === true ? "true" : "false"}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

function ChoiceControl(props: ControlProps) {
  const { shape, value, readOnly, onChange } = props;
  const at = shape.choices.findIndex((each) => same(each.value, value));
  const strange = at < 0 && value !== undefined && value !== null;
  const options = [
    ...(at < 0 ? [{ value: "-1", label: strange ? `${labelOf(value)} (not allowed)` : "Choose…" }] : []),
    ...shape.choices.map((each, index) => ({ value: String(index), label: each.label })),
  ];
  return (
    <NativeSelect
      {...attributes(props)}
      data={options}
      disabled={readOnly || shape.kind === "constant"}
      value={String(at)}
      onChange={(event) => {
        const choice = shape.choices[Number(event.currentTarget.value)];
        if (choice) onChange(choice.value);
      }}
    />
  );
}

function NumberControl(props: ControlProps) {
  const { shape, value, readOnly, onChange } = props;
  const step = member(shape.schema, "multipleOf");
  return (
    <NumberInput
      {...attributes(props)}
      allowDecimal={shape.kind === "number"}
      readOnly={readOnly}
      step={typeof step === "number" ? step : 1}
      // A number that has too many digits for a double would silently become another one.
      isAllowed={({ floatValue }) => floatValue === undefined || Math.abs(floatValue) <= Number.MAX_SAFE_INTEGER}
      value={typeof value === "number" ? value : ""}
      onChange={(given) => {
        if (typeof given === "number") onChange(given);
      }}
    />
  );
}

const LONG_TEXT = 100;

function TextControl(props: ControlProps) {
  const { shape, value, readOnly, onChange } = props;
  const text = typeof value === "string" ? value : "";
  const format = member(shape.schema, "format");
  const longest = member(shape.schema, "maxLength");
  const common = {
    ...attributes(props),
    readOnly,
    value: text,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  };
  if (text.includes("\n") || text.length > LONG_TEXT || (typeof longest === "number" && longest > 500))
    return <Textarea {...common} autosize minRows={2} maxRows={8} />;
  return <TextInput {...common} inputMode={format === "email" ? "email" : format === "uri" ? "url" : "text"} />;
}

/** What no other control shows without loss. */
function RawControl(props: ControlProps) {
  const { value, readOnly, onChange, error } = props;
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? (value === undefined ? "" : JSON.stringify(value, null, 2));
  const wrong =
    text !== null && parsed(text) === undefined ? "This is no JSON yet; it is taken as soon as it is." : undefined;
  return (
    <Textarea
      {...attributes(props)}
      autosize
      minRows={1}
      maxRows={12}
      ff="monospace"
      spellCheck={false}
      readOnly={readOnly}
      error={wrong ?? error}
      value={shown}
      onBlur={() => wrong === undefined && setText(null)}
      onChange={(event) => {
        const given = event.currentTarget.value;
        setText(given);
        const taken = parsed(given);
        if (taken !== undefined) onChange(taken);
      }}
    />
  );
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { Autocomplete, NativeSelect, NumberInput, Text, TextInput } from "@mantine/core";
import {
  type Comparison,
  type Json,
  kindOf,
  kindOfAll,
  literalFor,
  literalOf,
  operatorNamed,
  type ScalarKind,
  type SeenAttribute,
} from "@/lib/rules";
import classes from "./Condition.module.css";
import { ListInput } from "./ListInput";
import { PatternTrial } from "./PatternTrial";

interface Props {
  comparison: Comparison;
  seen: SeenAttribute | undefined;
  onChange: (value: Json) => void;
  path: string;
  error: string | null;
}

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  version: "2.4.0",
  date: "2026-01-31T09:00:00Z",
  networks: "10.0.0.0/8",
  pattern: "^beta-",
};

/** What a comparison compares with, by its operator and by what the attribute was seen to be. */
export function LiteralInput({ comparison, seen, onChange, path, error }: Props) {
  const { value, operator } = comparison;
  const kind = operatorNamed(operator)?.literal ?? "scalar";
  const suggestions = [...new Set((seen?.values ?? []).map(String))];
  const common = { "data-path": path, size: "xs" as const, error, "aria-label": "Value" };
  if (kind === "none") return null;
  if (kind === "scalars" || kind === "networks") {
    const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
    const wanted = kind === "networks" ? "text" : list.length > 0 ? kindOfAll(list) : seenKind(seen);
    const convert = (to: ScalarKind) => onChange(list.flatMap((each) => literalOf(String(each), to) ?? []));
    return (
      <div className={classes.literal}>
        {kind === "scalars" && <Kind value={wanted} onChange={convert} />}
        <ListInput
          value={list}
          onChange={onChange}
          kind={wanted}
          suggestions={kind === "networks" ? [] : suggestions}
          path={path}
          error={error}
          placeholder={kind === "networks" ? "10.0.0.0/8" : "Type or paste values"}
        />
      </div>
    );
  }
  if (kind === "number") return <Numeric common={common} value={value} onChange={onChange} />;
  if (kind === "scalar") {
    const wanted = kindOf(value);
    const convert = (to: ScalarKind) => onChange(literalOf(String(value ?? ""), to) ?? (to === "boolean" ? true : ""));
    return (
      <div className={classes.literal}>
        <Kind value={wanted} onChange={convert} single />
        {wanted === "boolean" && (
          <NativeSelect
            {...common}
            data={["true", "false"]}
            value={String(value)}
            onChange={(event) => onChange(event.currentTarget.value === "true")}
          />
        )}
        {wanted === "number" && <Numeric common={common} value={value} onChange={onChange} />}
        {wanted === "text" && (
          <Autocomplete
            {...common}
            placeholder="Value"
            data={suggestions}
            value={String(value ?? "")}
            onChange={onChange}
          />
        )}
      </div>
    );
  }
  const text = String(literalFor(operator, value) ?? "");
  return (
    <div className={classes.stacked}>
      <TextInput
        {...common}
        placeholder={PLACEHOLDERS[kind] ?? "Text"}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {kind === "date" && <Moment text={text} />}
      {kind === "pattern" && <PatternTrial pattern={text} seen={suggestions} />}
    </div>
  );
}

interface NumericProps {
  common: { "data-path": string; size: "xs"; error: string | null; "aria-label": string };
  value: Json | undefined;
  onChange: (value: Json) => void;
}

function Numeric({ common, value, onChange }: NumericProps) {
  return (
    <NumberInput
      {...common}
      placeholder="Number"
      value={typeof value === "number" ? value : ""}
      onChange={(typed) => onChange(typeof typed === "number" ? typed : (literalOf(typed, "number") ?? ""))}
    />
  );
}

const KINDS = [
  { value: "text", label: "text" },
  { value: "number", label: "number" },
  { value: "boolean", label: "true/false" },
];

/** Text, number and boolean never equal each other, so it is said which is meant. */
function Kind({
  value,
  onChange,
  single,
}: {
  value: ScalarKind;
  onChange: (kind: ScalarKind) => void;
  single?: boolean;
}) {
  const choices = value === "mixed" && single !== true ? [...KINDS, { value: "mixed", label: "mixed (JSON)" }] : KINDS;
  return (
    <NativeSelect
      size="xs"
      className={classes.kind}
      aria-label="Type of the value"
      data={choices}
      value={value}
      onChange={(event) => {
        const chosen = choices.find((each) => each.value === event.currentTarget.value)?.value;
        if (chosen === "text" || chosen === "number" || chosen === "boolean" || chosen === "mixed") onChange(chosen);
      }}
    />
  );
}

function seenKind(seen: SeenAttribute | undefined): ScalarKind {
  const [only] = seen?.types.length === 1 ? seen.types : [];
  return only === "number" || only === "boolean" ? only : "text";
}

/** The moment in the person's own zone, so that an offset that was mistaken shows. */
function Moment({ text }: { text: string }) {
  const moment = /^\d{4}-\d{2}-\d{2}[Tt].*([Zz]|[+-]\d{2}:\d{2})$/.test(text) ? new Date(text) : null;
  if (moment === null || Number.isNaN(moment.getTime())) {
    return (
      <Text size="xs" c="dimmed">
        With time and offset
      </Text>
    );
  }
  return (
    <Text size="xs" c="dimmed">
      {new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "long" }).format(moment)}
    </Text>
  );
}

import { Button, Input } from "@mantine/core";
import { type ReactNode, useId } from "react";
import { escapePart, isObject, type Json } from "@/lib/json";
import { ArrayField } from "./ArrayField";
import { Control } from "./Control";
import { useForm } from "./context";
import type { Schema } from "./document";
import { initialValue } from "./initial";
import { ObjectFields } from "./ObjectFields";
import classes from "./schema.module.css";
import { shapeOf } from "./shapes";

export interface FieldProps {
  name: string;
  pointer: string;
  schema: Schema;
  value: Json | undefined;
  required: boolean;
  /** undefined: it is left out from now on. */
  onChange: (value: Json | undefined) => void;
  /** Beside its name: moving and removing it, taking it from elsewhere. */
  actions?: ReactNode;
  note?: ReactNode;
  /** Of a list: there is no question of leaving it out. */
  item?: boolean;
}

/** One member of an object or item of a list, with its name, what is said of it, and its control. */
export function Field(props: FieldProps) {
  const { name, pointer, schema, value, required, onChange, actions, note, item = false } = props;
  const { root, errors, path, readOnly } = useForm();
  const id = useId();
  const shape = shapeOf(schema, value, root);
  const label = shape.title ?? name;
  const hints = [shape.description, shape.limits && `Allowed: ${shape.limits}.`].filter((each) => each).join(" ");
  const locked = readOnly || shape.readOnly;
  const change = (
    <>
      {actions}
      {!locked && shape.nullable && value !== null && value !== undefined && (
        <Button size="compact-xs" variant="subtle" onClick={() => onChange(null)}>
          Set {label} to null
        </Button>
      )}
      {!locked && !required && value !== undefined && actions === undefined && (
        <Button size="compact-xs" variant="subtle" onClick={() => onChange(undefined)}>
          Leave {label} out
        </Button>
      )}
    </>
  );
  if (value === undefined || (value === null && shape.nullable))
    return (
      <Absent
        label={label}
        hints={hints}
        told={value === null ? "null" : "not set"}
        error={errors[pointer]}
        field={`${path}${pointer}`}
        note={note}
        actions={change}
        onSet={
          locked ? undefined : () => onChange(value === null ? withoutNull(schema, root) : initialValue(schema, root))
        }
      />
    );
  if (shape.kind === "object" && isObject(value))
    return (
      <fieldset className={classes.group} data-path={`${path}${pointer}`}>
        <legend className={classes.legend}>
          <span className={classes.name}>{label}</span> <span className={classes.actions}>{change}</span>
        </legend>
        {hints && <p className={classes.hint}>{hints}</p>}
        {note}
        {errors[pointer] && <Input.Error>{errors[pointer]}</Input.Error>}
        <ObjectFields pointer={pointer} shape={shape} value={value} readOnly={locked} onChange={onChange} />
      </fieldset>
    );
  if (shape.kind === "array" && Array.isArray(value))
    return (
      <fieldset className={classes.group} data-path={`${path}${pointer}`}>
        <legend className={classes.legend}>
          <span className={classes.name}>{label}</span> <span className={classes.actions}>{change}</span>
        </legend>
        {hints && <p className={classes.hint}>{hints}</p>}
        {note}
        {errors[pointer] && <Input.Error>{errors[pointer]}</Input.Error>}
        <ArrayField label={label} pointer={pointer} shape={shape} value={value} readOnly={locked} onChange={onChange} />
      </fieldset>
    );
  return (
    <div className={classes.field}>
      <div className={classes.head}>
        <label htmlFor={id} className={classes.name}>
          {label}
          {required && !item && <span className={classes.required}> (required)</span>}
        </label>
        <span className={classes.actions}>{change}</span>
      </div>
      <Control
        id={id}
        label={label}
        shape={shape}
        value={value}
        error={errors[pointer]}
        describedBy={hints ? `${id}-hint` : undefined}
        field={`${path}${pointer}`}
        readOnly={locked}
        onChange={onChange}
      />
      {hints && (
        <p id={`${id}-hint`} className={classes.hint}>
          {hints}
        </p>
      )}
      {note}
    </div>
  );
}

interface AbsentProps {
  label: string;
  hints: string;
  told: string;
  error: string | undefined;
  field: string;
  note: ReactNode;
  actions: ReactNode;
  onSet: (() => void) | undefined;
}

function Absent({ label, hints, told, error, field, note, actions, onSet }: AbsentProps) {
  return (
    <div className={classes.field}>
      <div className={classes.head}>
        <span className={classes.name}>{label}</span>
        <span className={classes.absent}>{told}</span>
        <span className={classes.actions}>
          {actions}
          {onSet && (
            <Button size="compact-xs" variant="light" data-path={field} onClick={onSet}>
              Set {label}
            </Button>
          )}
        </span>
      </div>
      {hints && <p className={classes.hint}>{hints}</p>}
      {error && <Input.Error>{error}</Input.Error>}
      {note}
    </div>
  );
}

function withoutNull(schema: Schema, root: Schema): Json {
  const first = initialValue(schema, root);
  if (first !== null) return first;
  const { schema: used } = shapeOf(schema, undefined, root);
  const { default: _, type, ...rest } = used;
  const types = Array.isArray(type) ? type.filter((each) => each !== "null") : type;
  const given = initialValue(
    types === undefined ? rest : { ...rest, type: Array.isArray(types) ? (types[0] ?? "string") : types },
    root,
  );
  return given ?? "";
}

export function pointerTo(pointer: string, name: string): string {
  return `${pointer}/${escapePart(name)}`;
}

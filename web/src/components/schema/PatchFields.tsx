import { Button } from "@mantine/core";
import { isObject, type Json, type JsonObject, member, shortJson, withMember } from "@/lib/json";
import { useForm } from "./context";
import { extraSchema, propertiesOf, type Schema } from "./document";
import { ExtraFields } from "./ExtraFields";
import { Field, pointerTo } from "./Field";
import classes from "./schema.module.css";
import { type Shape, shapeOf } from "./shapes";

interface PatchFieldsProps {
  pointer: string;
  shape: Shape;
  /** What the patch is laid over. */
  base: JsonObject;
  patch: JsonObject;
  onChange: (patch: JsonObject) => void;
}

/** What a JSON Merge Patch changes: each member is taken as it is below, changed, or taken away. */
export function PatchFields({ pointer, shape, base, patch, onChange }: PatchFieldsProps) {
  const { root, readOnly } = useForm();
  const properties = propertiesOf(shape.schema);
  const named = new Set(properties.map((each) => each.name));
  const extra = extraSchema(shape.schema);
  const beside = Object.keys(base).filter((name) => !named.has(name));
  const added = Object.keys(patch).filter((name) => !named.has(name) && !Object.hasOwn(base, name));
  const all = [...properties, ...beside.map((name) => ({ name, schema: extra ?? (true as Schema), required: false }))];
  return (
    <div className={classes.fields}>
      {all.map(({ name, schema, required }) => (
        <PatchedField
          key={name}
          name={name}
          pointer={pointerTo(pointer, name)}
          schema={schema}
          required={required}
          base={member(base, name)}
          patch={member(patch, name)}
          onChange={(given) => onChange(withMember(patch, name, given))}
        />
      ))}
      <ExtraFields
        pointer={pointer}
        names={added}
        schema={extra}
        root={root}
        value={patch}
        readOnly={readOnly}
        onChange={onChange}
      />
    </div>
  );
}

interface PatchedFieldProps {
  name: string;
  pointer: string;
  schema: Schema;
  required: boolean;
  base: Json | undefined;
  patch: Json | undefined;
  onChange: (patch: Json | undefined) => void;
}

function PatchedField({ name, pointer, schema, required, base, patch, onChange }: PatchedFieldProps) {
  const { root, path, readOnly } = useForm();
  const shape = shapeOf(schema, base, root);
  const label = shape.title ?? name;
  if (shape.kind === "object" && isObject(base) && (patch === undefined || isObject(patch)))
    return (
      <fieldset className={classes.group}>
        <legend className={classes.legend}>
          <span className={classes.name}>{label}</span>
        </legend>
        <PatchFields
          pointer={pointer}
          shape={shape}
          base={base}
          patch={patch ?? {}}
          // An empty patch changes nothing: it is left out.
          onChange={(given) => onChange(Object.keys(given).length === 0 ? undefined : given)}
        />
      </fieldset>
    );
  if (patch === undefined)
    return (
      <div className={classes.field}>
        <div className={classes.head}>
          <span className={classes.name}>{label}</span>
          <code className={classes.base}>{shortJson(base)}</code>
          {!readOnly && (
            <span className={classes.actions}>
              <Button
                size="compact-xs"
                variant="light"
                data-path={`${path}${pointer}`}
                onClick={() => onChange(base ?? startOf(schema, root))}
              >
                Change {label}
              </Button>
              {!required && base !== undefined && (
                <Button size="compact-xs" variant="subtle" onClick={() => onChange(null)}>
                  Take {label} away
                </Button>
              )}
            </span>
          )}
        </div>
      </div>
    );
  const back = !readOnly && (
    <Button size="compact-xs" variant="subtle" onClick={() => onChange(undefined)}>
      Leave {label} as it is
    </Button>
  );
  if (patch === null)
    return (
      <div className={classes.field} data-changed>
        <div className={classes.head}>
          <span className={classes.name}>{label}</span>
          <span className={classes.absent}>taken away</span>
          <span className={classes.actions}>{back}</span>
        </div>
        <p className={classes.hint}>
          Instead of <code>{shortJson(base)}</code>
        </p>
      </div>
    );
  return (
    <div data-changed className={classes.changed}>
      <Field
        name={name}
        pointer={pointer}
        schema={schema}
        required
        item
        value={patch}
        onChange={onChange}
        actions={back}
        note={
          <p className={classes.hint}>
            Instead of <code>{shortJson(base)}</code>
          </p>
        }
      />
    </div>
  );
}

function startOf(schema: Schema, root: Schema): Json {
  const { choices, kind } = shapeOf(schema, undefined, root);
  if (choices[0]) return choices[0].value;
  return kind === "switch" ? false : kind === "object" ? {} : kind === "array" ? [] : kind === "text" ? "" : 0;
}

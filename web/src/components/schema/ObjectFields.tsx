import { type JsonObject, member, withMember } from "@/lib/json";
import { useForm } from "./context";
import { extraSchema, extrasOf, propertiesOf } from "./document";
import { ExtraFields } from "./ExtraFields";
import { Field, pointerTo } from "./Field";
import classes from "./schema.module.css";
import type { Shape } from "./shapes";

interface ObjectFieldsProps {
  pointer: string;
  shape: Shape;
  value: JsonObject;
  readOnly: boolean;
  onChange: (value: JsonObject) => void;
}

/** The members that the schema names, in its order, then those that stand beside them. */
export function ObjectFields({ pointer, shape, value, readOnly, onChange }: ObjectFieldsProps) {
  const { root } = useForm();
  const extra = extraSchema(shape.schema);
  return (
    <div className={classes.fields}>
      {propertiesOf(shape.schema).map(({ name, schema, required }) => (
        <Field
          key={name}
          name={name}
          pointer={pointerTo(pointer, name)}
          schema={schema}
          required={required}
          value={member(value, name)}
          onChange={(given) => onChange(withMember(value, name, given))}
        />
      ))}
      <ExtraFields
        pointer={pointer}
        names={extrasOf(shape.schema, value)}
        schema={extra}
        root={root}
        value={value}
        readOnly={readOnly}
        onChange={onChange}
      />
    </div>
  );
}

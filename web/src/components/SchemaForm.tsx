import { type JsonObject, mergePatch } from "@/lib/json";
import { FormProvider } from "./schema/context";
import type { Schema } from "./schema/document";
import { ObjectFields } from "./schema/ObjectFields";
import { PatchFields } from "./schema/PatchFields";
import { shapeOf } from "./schema/shapes";

interface Shared {
  label: string;
  schema: Schema;
  /** What the service refuses, by JSON pointer (`errorsBelow`). */
  errors?: Readonly<Record<string, string>>;
  /** The path that a refusal names before the pointer, such as `value`. */
  path?: string;
}

interface SchemaFormProps extends Shared {
  value: JsonObject;
  /** Without it the form only shows. */
  onChange?: (value: JsonObject) => void;
}

/** A form for a JSON object, made from its JSON Schema; without a schema as its values are. */
export function SchemaForm({ label, schema, value, onChange, errors = {}, path = "" }: SchemaFormProps) {
  const readOnly = onChange === undefined;
  return (
    <FormProvider value={{ root: schema, errors, path, readOnly }}>
      <section aria-label={label}>
        <ObjectFields
          pointer=""
          shape={shapeOf(schema, value, schema)}
          value={value}
          readOnly={readOnly}
          onChange={(given) => onChange?.(given)}
        />
      </section>
    </FormProvider>
  );
}

interface PatchFormProps extends Shared {
  /** What the patch is laid over. */
  base: JsonObject;
  patch: JsonObject;
  onChange?: (patch: JsonObject) => void;
}

/** The same for a JSON Merge Patch on a value: what differs, beside what it is otherwise. */
export function SchemaPatchForm({ label, schema, base, patch, onChange, errors = {}, path = "" }: PatchFormProps) {
  return (
    <FormProvider value={{ root: schema, errors, path, readOnly: onChange === undefined }}>
      <section aria-label={label}>
        <PatchFields
          pointer=""
          shape={shapeOf(schema, mergePatch(base, patch), schema)}
          base={base}
          patch={patch}
          onChange={(given) => onChange?.(given)}
        />
      </section>
    </FormProvider>
  );
}

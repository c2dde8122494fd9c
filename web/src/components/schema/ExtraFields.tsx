import { Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { type Json, type JsonObject, member, withMember } from "@/lib/json";
import type { Schema } from "./document";
import { Field, pointerTo } from "./Field";
import { initialValue } from "./initial";
import classes from "./schema.module.css";
import { shapeOf } from "./shapes";

interface ExtraFieldsProps {
  pointer: string;
  names: readonly string[];
  /** Of what stands beside the named members; undefined where nothing may. */
  schema: Schema | undefined;
  root: Schema;
  value: JsonObject;
  readOnly: boolean;
  onChange: (value: JsonObject) => void;
}

const NEW: Record<string, Json> = { text: "", number: 0, "true or false": false, object: {}, list: [] };

/** Members that no schema names: each as its value is. */
export function ExtraFields({ pointer, names, schema, root, value, readOnly, onChange }: ExtraFieldsProps) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState("text");
  const typed = schema !== undefined && shapeOf(schema, undefined, root).kind !== "raw";
  const taken = member(value, name) !== undefined;
  // No form: this one may stand inside another.
  const add = () => {
    if (name === "" || taken || schema === undefined) return;
    onChange(withMember(value, name, typed ? initialValue(schema, root) : (NEW[kind] ?? null)));
    setName("");
  };
  return (
    <>
      {names.map((each) => (
        <Field
          key={each}
          name={each}
          pointer={pointerTo(pointer, each)}
          schema={schema ?? true}
          required={false}
          value={member(value, each)}
          onChange={(given) => onChange(withMember(value, each, given))}
        />
      ))}
      {schema !== undefined && !readOnly && (
        <div className={classes.add}>
          <Group gap="xs" align="flex-end">
            <TextInput
              size="xs"
              label="New member"
              placeholder="its name"
              value={name}
              error={taken ? "is there already" : undefined}
              onChange={(event) => setName(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                add();
              }}
            />
            {!typed && (
              <NativeSelect
                size="xs"
                label="Type"
                data={Object.keys(NEW)}
                value={kind}
                onChange={(event) => setKind(event.currentTarget.value)}
              />
            )}
            <Button size="xs" variant="default" disabled={name === "" || taken} onClick={add}>
              Add member
            </Button>
          </Group>
        </div>
      )}
    </>
  );
}

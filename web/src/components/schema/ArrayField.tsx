import { Button } from "@mantine/core";
import { useState } from "react";
import type { Json } from "@/lib/json";
import { useForm } from "./context";
import { itemSchema } from "./document";
import { Field } from "./Field";
import { initialValue } from "./initial";
import classes from "./schema.module.css";
import type { Shape } from "./shapes";

interface ArrayFieldProps {
  label: string;
  pointer: string;
  shape: Shape;
  value: Json[];
  readOnly: boolean;
  onChange: (value: Json[]) => void;
}

const SHOWN = 50;

/** The items of a list, in their order. */
export function ArrayField({ label, pointer, shape, value, readOnly, onChange }: ArrayFieldProps) {
  const { root } = useForm();
  const [shown, setShown] = useState(SHOWN);
  const move = (from: number, to: number) => {
    const items = [...value];
    const [moved] = items.splice(from, 1);
    if (moved !== undefined) items.splice(to, 0, moved);
    onChange(items);
  };
  return (
    <div className={classes.fields}>
      {value.length === 0 && <p className={classes.hint}>The list is empty.</p>}
      {value.slice(0, shown).map((item, index) => (
        <Field
          // Items have no names of their own: their place is what tells them apart.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          key={index}
          name={`${label} ${index + 1}`}
          item
          pointer={`${pointer}/${index}`}
          schema={itemSchema(shape.schema, index)}
          required
          value={item}
          onChange={(given) =>
            onChange(given === undefined ? value.filter((_, at) => at !== index) : value.with(index, given))
          }
          actions={
            readOnly ? undefined : (
              <>
                <Button
                  size="compact-xs"
                  variant="subtle"
                  disabled={index === 0}
                  aria-label={`Move ${label} ${index + 1} up`}
                  onClick={() => move(index, index - 1)}
                >
                  ↑
                </Button>
                <Button
                  size="compact-xs"
                  variant="subtle"
                  disabled={index === value.length - 1}
                  aria-label={`Move ${label} ${index + 1} down`}
                  onClick={() => move(index, index + 1)}
                >
                  ↓
                </Button>
                <Button
                  size="compact-xs"
                  variant="subtle"
                  aria-label={`Remove ${label} ${index + 1}`}
                  onClick={() => onChange(value.filter((_, at) => at !== index))}
                >
                  Remove
                </Button>
              </>
            )
          }
        />
      ))}
      {value.length > shown && (
        <Button size="xs" variant="default" onClick={() => setShown(shown + SHOWN)}>
          Show {Math.min(SHOWN, value.length - shown)} more of {value.length}
        </Button>
      )}
      {!readOnly && (
        <div className={classes.add}>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setShown(Math.max(shown, value.length + 1));
              onChange([...value, initialValue(itemSchema(shape.schema, value.length), root)]);
            }}
          >
            Add to {label}
          </Button>
        </div>
      )}
    </div>
  );
}

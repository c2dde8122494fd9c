import { Button, Input, Textarea } from "@mantine/core";
import { useState } from "react";
import { plural } from "@/lib/format";
import { pastedKeys, SHORT_LIST_MAX } from "../keys";
import classes from "../segments.module.css";

interface Props {
  readonly label: string;
  readonly description: string;
  readonly field: string;
  readonly keys: readonly string[];
  readonly error?: string | undefined;
  readonly readOnly: boolean;
  readonly onChange: (keys: string[]) => void;
}

const SHOWN = 60;

/** A short list of targeting keys: each can go, pasted ones come. */
export function KeysEditor({ label, description, field, keys, error, readOnly, onChange }: Props) {
  const [text, setText] = useState("");
  const [all, setAll] = useState(false);
  const added = pastedKeys(text).filter((each) => !keys.includes(each));
  const full = keys.length + added.length > SHORT_LIST_MAX;
  const shown = all ? keys.slice(0, 1000) : keys.slice(0, SHOWN);
  return (
    <Input.Wrapper label={`${label} (${keys.length})`} description={description} error={error} labelElement="div">
      <div>
        {keys.length > 0 && (
          <ul className={classes.keys} aria-label={label}>
            {shown.map((key) => (
              <li key={key}>
                {key}
                {!readOnly && (
                  <button
                    type="button"
                    className={classes.remove}
                    aria-label={`Take ${key} out of ${label.toLowerCase()}`}
                    onClick={() => onChange(keys.filter((each) => each !== key))}
                  >
                    ×
                  </button>
                )}
              </li>
            ))}
          </ul>
        )}
        {keys.length > shown.length && (
          <Button size="compact-xs" variant="subtle" onClick={() => setAll(true)} disabled={all}>
            {all ? `${keys.length - shown.length} more are not shown` : `Show ${keys.length - shown.length} more`}
          </Button>
        )}
        {!readOnly && (
          <>
            <Textarea
              aria-label={`Add to ${label.toLowerCase()}`}
              data-path={field}
              placeholder="Paste keys: one a line, or with commas"
              autosize
              minRows={1}
              maxRows={6}
              spellCheck={false}
              value={text}
              error={full ? `A short list holds ${SHORT_LIST_MAX} keys; use the long list below for more.` : undefined}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            {added.length > 0 && !full && (
              <Button
                mt={4}
                size="xs"
                variant="default"
                onClick={() => {
                  onChange([...keys, ...added]);
                  setText("");
                }}
              >
                Add {plural(added.length, "key")}
              </Button>
            )}
          </>
        )}
      </div>
    </Input.Wrapper>
  );
}

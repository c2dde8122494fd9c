import { ActionIcon, Button, NativeSelect, Text, TextInput } from "@mantine/core";
import { errorAt, type FieldError } from "@/components/condition/context";
import { Icon } from "@/components/Icon";
import { Time } from "@/components/Time";
import { count, zoneName } from "@/lib/format";
import { pasted } from "@/lib/rules";
import classes from "./flag.module.css";
import type { Target } from "./model";
import type { Variation } from "./queries";

interface Props {
  readonly value: readonly Target[];
  readonly onChange: ((value: Target[]) => void) | undefined;
  readonly variations: readonly Variation[];
  readonly errors: readonly FieldError[];
}

/** A page of thousands of fields helps nobody: what goes beyond is edited as JSON, or belongs into a segment. */
const SHOWN_MAX = 50;

/** Single targeting keys that always get a variation. */
export function Targets({ value, onChange, variations, errors }: Props) {
  // The off variation stands first; what is added is there to serve another.
  const served = (variations[1] ?? variations[0])?.key ?? "";
  if (value.length === 0 && onChange === undefined) return <Text c="dimmed">None.</Text>;
  return (
    <div>
      <ul className={classes.rows}>
        {value.slice(0, SHOWN_MAX).map((each, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one that was just added has no key yet
          <li key={index}>
            {onChange === undefined ? (
              <Text>
                <code>{each.key}</code> gets {each.variation}
                {each.expires_at != null && (
                  <>
                    {" "}
                    until <Time at={new Date(each.expires_at).toISOString()} />
                  </>
                )}
              </Text>
            ) : (
              <Row
                value={each}
                index={index}
                variations={variations}
                errors={errors}
                onChange={(changed) => onChange(value.with(index, changed))}
                onPaste={(keys) => onChange(value.toSpliced(index, 1, ...keys.map((key) => ({ ...each, key }))))}
                onRemove={() => onChange(value.toSpliced(index, 1))}
              />
            )}
          </li>
        ))}
      </ul>
      {value.length > SHOWN_MAX && (
        <Text c="dimmed" mt="xs">
          And {count(value.length - SHOWN_MAX)} more: see them as JSON.
        </Text>
      )}
      {onChange !== undefined && (
        <Button
          mt={value.length > 0 ? "sm" : 0}
          size="compact-sm"
          variant="default"
          leftSection={<Icon name="plus" />}
          onClick={() => onChange([...value, { key: "", variation: served, expires_at: null }])}
        >
          Add target
        </Button>
      )}
    </div>
  );
}

interface RowProps {
  readonly value: Target;
  readonly index: number;
  readonly variations: readonly Variation[];
  readonly errors: readonly FieldError[];
  readonly onChange: (value: Target) => void;
  readonly onPaste: (keys: readonly string[]) => void;
  readonly onRemove: () => void;
}

function Row({ value, index, variations, errors, onChange, onPaste, onRemove }: RowProps) {
  const path = `targets[${index}]`;
  return (
    <div className={classes.fields}>
      <TextInput
        label="Targeting key"
        data-path={`${path}.key`}
        value={value.key}
        error={errorAt(errors, `${path}.key`) ?? errorAt(errors, path)}
        onChange={(event) => onChange({ ...value, key: event.currentTarget.value })}
        onPaste={(event) => {
          const keys = pasted(event.clipboardData.getData("text"));
          if (keys.length < 2) return;
          event.preventDefault();
          onPaste(keys);
        }}
      />
      <NativeSelect
        label="gets"
        data-path={`${path}.variation`}
        data={variations.map((each) => ({ value: each.key, label: each.name || each.key }))}
        value={value.variation}
        error={errorAt(errors, `${path}.variation`)}
        onChange={(event) => onChange({ ...value, variation: event.currentTarget.value })}
      />
      <TextInput
        label={`until (optional, ${zoneName()})`}
        type="datetime-local"
        data-path={`${path}.expires_at`}
        value={localOf(value.expires_at)}
        error={errorAt(errors, `${path}.expires_at`)}
        onChange={(event) => {
          const typed = event.currentTarget.value;
          onChange({ ...value, expires_at: typed === "" ? null : new Date(typed).toISOString() });
        }}
      />
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Remove target ${value.key}`} onClick={onRemove}>
        <Icon name="close" />
      </ActionIcon>
    </div>
  );
}

/** As the browser's field wants it: in the person's zone, to the minute. */
function localOf(at: Target["expires_at"]): string {
  if (at === null || at === undefined) return "";
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return "";
  const shifted = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

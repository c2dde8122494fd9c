import { ActionIcon, Button, NativeSelect, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { Icon } from "@/components/Icon";
import type { TypedVariation } from "../variations";
import classes from "./list.module.css";
import type { NewFlagDraft } from "./new-flag";

interface Props {
  readonly draft: NewFlagDraft;
  readonly errors: Readonly<Record<string, string>>;
  readonly onChange: (part: Partial<NewFlagDraft>) => void;
}

/** What the flag may serve: a key that reports show, and the value that code gets. */
export function VariationRows({ draft, errors, onChange }: Props) {
  const set = (index: number, part: Partial<TypedVariation>) => {
    const before = draft.variations[index];
    const variations = draft.variations.map((each, at) => (at === index ? { ...each, ...part } : each));
    // The one of off keeps being it under another key.
    const renamed = part.key !== undefined && before?.key === draft.offVariation;
    onChange({ variations, ...(renamed ? { offVariation: part.key } : {}) });
  };
  const remove = (index: number) => {
    const variations = draft.variations.filter((_, at) => at !== index);
    const gone = draft.variations[index]?.key === draft.offVariation;
    onChange({ variations, ...(gone ? { offVariation: variations.at(-1)?.key ?? "" } : {}) });
  };
  return (
    <Stack gap="xs">
      <Text fw={500}>Variations</Text>
      {draft.variations.map((variation, index) => (
        // Rows are told apart by their place: a key is typed in one of them.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <div key={index} className={classes.variation}>
          <TextInput
            aria-label={`Key of variation ${index + 1}`}
            placeholder="key"
            value={variation.key}
            data-path={`variations[${index}].key`}
            error={errors[`variations[${index}].key`]}
            onChange={(event) => set(index, { key: event.currentTarget.value })}
          />
          <Value
            draft={draft}
            index={index}
            error={errors[`variations[${index}].value`]}
            onChange={(value) => set(index, { value })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={`Remove variation ${index + 1}`}
            disabled={draft.variations.length === 1}
            onClick={() => remove(index)}
          >
            <Icon name="trash" size={16} />
          </ActionIcon>
        </div>
      ))}
      {draft.type !== "boolean" && (
        <Button
          variant="default"
          size="xs"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => onChange({ variations: [...draft.variations, { key: "", value: "", name: "" }] })}
          style={{ alignSelf: "flex-start" }}
        >
          Add variation
        </Button>
      )}
    </Stack>
  );
}

interface ValueProps {
  readonly draft: NewFlagDraft;
  readonly index: number;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}

function Value({ draft, index, error, onChange }: ValueProps) {
  const common = {
    "aria-label": `Value of variation ${index + 1}`,
    "data-path": `variations[${index}].value`,
    value: draft.variations[index]?.value ?? "",
    error,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  };
  if (draft.type === "boolean") return <NativeSelect {...common} data={["true", "false"]} />;
  if (draft.type === "object")
    return <Textarea {...common} autosize minRows={1} maxRows={8} ff="monospace" spellCheck={false} />;
  return <TextInput {...common} placeholder="value" inputMode={draft.type === "string" ? "text" : "decimal"} />;
}

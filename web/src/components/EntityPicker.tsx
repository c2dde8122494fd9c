import { Combobox, InputBase, Text, useCombobox } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, sentence } from "@/api/problem";
import { type Choice, choicesQuery, type PickedKind } from "./queries";

interface Props {
  readonly kind: PickedKind;
  /** The key; a member's e-mail address. */
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
  readonly label: string;
  readonly description?: string;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly error?: string | null;
  /** What it writes, for refusals. */
  readonly "data-path"?: string;
  readonly disabled?: boolean;
  /** Those that can't be chosen here, such as the entity itself. */
  readonly without?: readonly string[];
}

const WORDS: Readonly<Record<PickedKind, string>> = {
  flag: "flag",
  segment: "segment",
  config: "config",
  metric: "metric",
  experiment: "experiment",
  layer: "layer",
  holdout: "holdout",
  member: "member",
};

/** One entity of the project, found by typing a part of its key or name. */
export function EntityPicker(props: Props) {
  const { kind, value, onChange, label, without = [] } = props;
  const { project, organization } = usePlace();
  const [text, setText] = useState<string | null>(null);
  const [asked] = useDebouncedValue(text ?? "", 150);
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      setText(null);
    },
  });
  const query = useQuery({
    ...choicesQuery(kind, project.key, organization.id, asked),
    enabled: combobox.dropdownOpened,
  });
  const choices = (query.data ?? []).filter((each) => !without.includes(each.key));

  return (
    <Combobox
      store={combobox}
      onOptionSubmit={(key) => {
        onChange(key);
        combobox.closeDropdown();
      }}
    >
      <Combobox.Target>
        <InputBase
          label={label}
          description={props.description}
          placeholder={props.placeholder ?? `Find a ${WORDS[kind]}`}
          withAsterisk={props.required ?? false}
          {...(props["data-path"] === undefined ? {} : { "data-path": props["data-path"] })}
          error={props.error ?? null}
          disabled={props.disabled ?? false}
          value={text ?? value ?? ""}
          rightSection={
            value !== null && props.required !== true ? (
              <Combobox.ClearButton onClear={() => onChange(null)} aria-label={`Clear ${label}`} />
            ) : (
              <Combobox.Chevron />
            )
          }
          rightSectionPointerEvents={value !== null && props.required !== true ? "all" : "none"}
          onChange={(event) => {
            setText(event.currentTarget.value);
            combobox.openDropdown();
            combobox.updateSelectedOptionIndex();
          }}
          onClick={() => combobox.openDropdown()}
          onFocus={(event) => event.currentTarget.select()}
          onBlur={() => combobox.closeDropdown()}
        />
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Options mah={280} style={{ overflowY: "auto" }}>
          {choices.map((each) => (
            <Option key={each.key} choice={each} />
          ))}
          {query.isError && <Combobox.Empty>{sentence(asProblem(query.error))}</Combobox.Empty>}
          {query.isSuccess && choices.length === 0 && <Combobox.Empty>No {WORDS[kind]} is called so</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

function Option({ choice }: { readonly choice: Choice }) {
  return (
    <Combobox.Option value={choice.key}>
      <Text component="span">{choice.name}</Text>
      {choice.name !== choice.key && (
        <Text component="span" c="dimmed" ml="xs" size="xs">
          {choice.key}
        </Text>
      )}
    </Combobox.Option>
  );
}

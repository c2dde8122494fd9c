import { ActionIcon, Button, NativeSelect, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { errorAt, type FieldError } from "@/components/condition/context";
import { EntityPicker } from "@/components/EntityPicker";
import { Icon } from "@/components/Icon";
import classes from "./flag.module.css";
import type { Prerequisite } from "./model";
import { flagQuery } from "./queries";

interface Props {
  readonly project: string;
  readonly flag: string;
  readonly value: readonly Prerequisite[];
  readonly onChange: ((value: Prerequisite[]) => void) | undefined;
  readonly errors: readonly FieldError[];
}

/** What other flags must serve before anything here is asked. */
export function Prerequisites({ project, flag, value, onChange, errors }: Props) {
  if (value.length === 0 && onChange === undefined) return <Text c="dimmed">None.</Text>;
  return (
    <div>
      <ul className={classes.rows}>
        {value.map((each, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one that was just added has no flag yet
          <li key={index}>
            {onChange === undefined ? (
              <Text>
                {each.flag} serves {each.variation}
              </Text>
            ) : (
              <Row
                project={project}
                without={[flag, ...value.map((one) => one.flag).filter((key) => key !== each.flag)]}
                value={each}
                onChange={(changed) => onChange(value.with(index, changed))}
                onRemove={() => onChange(value.toSpliced(index, 1))}
                error={
                  errorAt(errors, `prerequisites[${index}]`) ??
                  errorAt(errors, `prerequisites[${index}].flag`) ??
                  errorAt(errors, `prerequisites[${index}].variation`)
                }
                path={`prerequisites[${index}]`}
              />
            )}
          </li>
        ))}
      </ul>
      {onChange !== undefined && (
        <Button
          mt={value.length > 0 ? "sm" : 0}
          size="compact-sm"
          variant="default"
          leftSection={<Icon name="plus" />}
          onClick={() => onChange([...value, { flag: "", variation: "" }])}
        >
          Add prerequisite
        </Button>
      )}
    </div>
  );
}

interface RowProps {
  readonly project: string;
  readonly without: readonly string[];
  readonly value: Prerequisite;
  readonly onChange: (value: Prerequisite) => void;
  readonly onRemove: () => void;
  readonly error: string | null;
  readonly path: string;
}

function Row({ project, without, value, onChange, onRemove, error, path }: RowProps) {
  const other = useQuery({ ...flagQuery(project, value.flag), enabled: value.flag !== "" }).data;
  const variations = other?.variations.map((each) => ({ value: each.key, label: each.name || each.key })) ?? [];
  return (
    <div className={`${classes.fields} ${classes.two}`}>
      <EntityPicker
        kind="flag"
        label="Flag"
        value={value.flag === "" ? null : value.flag}
        without={without}
        onChange={(key) => onChange({ flag: key ?? "", variation: "" })}
        error={error}
      />
      <NativeSelect
        label="must serve"
        data-path={path}
        data={[{ value: "", label: "Choose a variation" }, ...variations]}
        value={value.variation}
        onChange={(event) => onChange({ ...value, variation: event.currentTarget.value })}
      />
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={`Remove prerequisite ${value.flag}`}
        onClick={onRemove}
      >
        <Icon name="close" />
      </ActionIcon>
    </div>
  );
}

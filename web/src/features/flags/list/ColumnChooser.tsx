import { Button, Checkbox, Popover, Stack, Text } from "@mantine/core";
import { usePlace } from "@/api/place";
import { Icon } from "@/components/Icon";
import { type Columns, OPTIONAL_COLUMNS, toggled } from "./columns";

interface Props {
  readonly columns: Columns;
  readonly onChange: (columns: Columns) => void;
}

const IDS = OPTIONAL_COLUMNS.map((each) => each.id);

/** Which environments and facts stand side by side. */
export function ColumnChooser({ columns, onChange }: Props) {
  const { environments } = usePlace();
  const keys = environments.map((each) => each.key);
  return (
    <Popover position="bottom-end" withinPortal trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<Icon name="columns" size={16} />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <Text fw={600}>Environments</Text>
          {environments.map((each) => (
            <Checkbox
              key={each.key}
              label={each.name}
              checked={columns.environments.includes(each.key)}
              disabled={columns.environments.length === 1 && columns.environments[0] === each.key}
              onChange={() => onChange({ ...columns, environments: toggled(columns.environments, each.key, keys) })}
            />
          ))}
          <Text fw={600} mt="xs">
            Facts
          </Text>
          {OPTIONAL_COLUMNS.map(({ id, label }) => (
            <Checkbox
              key={id}
              label={label}
              checked={columns.shown.includes(id)}
              onChange={() => onChange({ ...columns, shown: toggled(columns.shown, id, IDS) })}
            />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

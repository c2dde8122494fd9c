import { Button } from "@mantine/core";
import { Empty } from "@/components/Empty";
import { Guarded } from "@/components/Guarded";

interface Props {
  readonly narrowed: boolean;
  readonly onClear: () => void;
  readonly onCreate: () => void;
}

export function NoFlags({ narrowed, onClear, onCreate }: Props) {
  if (narrowed)
    return (
      <Empty
        title="No flag fits these filters"
        action={
          <Button variant="default" onClick={onClear}>
            Clear filters
          </Button>
        }
      />
    );
  return (
    <Empty
      title="No flags yet"
      text="A flag decides who sees what. A new one is off in every environment, so nobody sees a change before you say so."
      action={
        <Guarded right="flag:create">
          {(guard) => (
            <Button onClick={onCreate} {...guard}>
              Create the first flag
            </Button>
          )}
        </Guarded>
      }
    />
  );
}

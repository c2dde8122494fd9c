import { Button, Group } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Guarded } from "@/components/Guarded";
import { undoOf } from "@/components/history/undo";
import { EditDialog } from "./EditDialog";
import { type Holdout, type Kind, type Layer, useLayerWrites } from "./queries";

interface Props {
  readonly kind: Kind;
  readonly entity: Layer | Holdout;
}

/** What is done with a layer or a holdout. */
export function EntityTools({ kind, entity }: Props) {
  const { project } = usePlace();
  const writes = useLayerWrites(kind, project.key);
  const [opened, setOpened] = useState<"edit" | "archive" | null>(null);
  const close = () => setOpened(null);
  const archive = async () => {
    const written = await writes.archive(entity.key);
    const subject = { project: project.key, kind, key: entity.key } as const;
    announce(written, {
      what: `Archived the ${kind} ${entity.name}`,
      undo: undoOf(subject, written, writes.refresh),
    });
  };
  return (
    <Group gap="xs">
      <Guarded right={`${kind}:update`}>
        {(guard) => (
          <Button
            size="xs"
            variant="default"
            aria-label={`Edit ${entity.name}`}
            onClick={() => setOpened("edit")}
            {...guard}
          >
            Edit
          </Button>
        )}
      </Guarded>
      <Guarded right={`${kind}:archive`}>
        {(guard) => (
          <Button
            size="xs"
            variant="default"
            aria-label={`Archive ${entity.name}`}
            onClick={() => setOpened("archive")}
            {...guard}
          >
            Archive
          </Button>
        )}
      </Guarded>
      {opened === "edit" && <EditDialog kind={kind} entity={entity} onClose={close} />}
      <ConfirmDialog
        opened={opened === "archive"}
        onClose={close}
        title={`Archive ${entity.name}`}
        confirm={`Archive the ${kind}`}
        onConfirm={archive}
      >
        No new experiment can name it any more. What is used by an experiment is not archived.
      </ConfirmDialog>
    </Group>
  );
}

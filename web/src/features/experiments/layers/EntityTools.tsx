import { Button, Group } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Guarded } from "@/components/Guarded";
import { ActReview } from "@/components/reviewing/ActReview";
import { EditDialog } from "./EditDialog";
import { actOnShared, type Holdout, type Kind, type Layer, useLayerWrites } from "./queries";

interface Props {
  readonly kind: Kind;
  readonly entity: Layer | Holdout;
}

type Opened = "edit" | "archive" | "delete";
const VERBS: Record<Opened, string> = { edit: "Edit", archive: "Archive", delete: "Delete" };
const OPENED: readonly Opened[] = ["edit", "archive", "delete"];

/** What is done with a layer or a holdout. */
export function EntityTools({ kind, entity }: Props) {
  const { project } = usePlace();
  const { refresh } = useLayerWrites(kind, project.key);
  const [opened, setOpened] = useState<Opened | null>(null);
  const close = () => setOpened(null);
  return (
    <Group gap="xs">
      {OPENED.map((each) => (
        <Guarded key={each} right={each === "edit" ? `${kind}:update` : `${kind}:${each}`}>
          {(guard) => (
            <Button
              size="xs"
              variant="default"
              aria-label={`${VERBS[each]} ${entity.name}`}
              onClick={() => setOpened(each)}
              {...guard}
            >
              {VERBS[each]}
            </Button>
          )}
        </Guarded>
      ))}
      {opened === "edit" && <EditDialog kind={kind} entity={entity} onClose={close} />}
      {(opened === "archive" || opened === "delete") && (
        <ActReview
          entity={kind}
          entityKey={entity.key}
          action={opened}
          document={entity}
          act={(how) => actOnShared(kind, project.key, entity.key, opened, how)}
          refresh={refresh}
          onClose={close}
        >
          {opened === "archive"
            ? "No new experiment can name it any more. What is used by an experiment is not archived."
            : "It goes for good. What is used by an experiment, even by one that is over, is not deleted."}
        </ActReview>
      )}
    </Group>
  );
}

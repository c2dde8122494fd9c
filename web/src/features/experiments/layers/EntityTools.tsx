import { Button, Group } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Guarded } from "@/components/Guarded";
import { ActReview } from "@/components/reviewing/ActReview";
import { type Act, VERBS } from "@/components/reviewing/acts";
import { EditDialog } from "./EditDialog";
import { actOnShared, type Holdout, type Kind, type Layer, useLayerWrites } from "./queries";

interface Props {
  readonly kind: Kind;
  readonly entity: Layer | Holdout;
}

type Opened = "edit" | Act;
const IN_USE: readonly Opened[] = ["edit", "archive", "delete"];
const ARCHIVED: readonly Opened[] = ["restore", "delete"];

const LABELS: Record<Opened, string> = { edit: "Edit", ...VERBS };
/** By the verb of the right. */
const NEEDS = { edit: "update", archive: "archive", restore: "archive", delete: "delete" } as const;
const MEANING: Record<Act, string> = {
  archive: "No new experiment can name it any more. What is used by an experiment is not archived.",
  restore: "Experiments can name it again.",
  delete: "It is on no list any more. What is used by an experiment, even by one that is over, is not deleted.",
};

/** What is done with a layer or a holdout. */
export function EntityTools({ kind, entity }: Props) {
  const { project } = usePlace();
  const { refresh } = useLayerWrites(kind, project.key);
  const [opened, setOpened] = useState<Opened | null>(null);
  const close = () => setOpened(null);
  return (
    <Group gap="xs">
      {(entity.archived ? ARCHIVED : IN_USE).map((each) => (
        <Guarded key={each} right={`${kind}:${NEEDS[each]}`}>
          {(guard) => (
            <Button
              size="xs"
              variant="default"
              aria-label={`${LABELS[each]} ${entity.name}`}
              onClick={() => setOpened(each)}
              {...guard}
            >
              {LABELS[each]}
            </Button>
          )}
        </Guarded>
      ))}
      {opened === "edit" && <EditDialog kind={kind} entity={entity} onClose={close} />}
      {opened !== null && opened !== "edit" && (
        <ActReview
          entity={kind}
          entityKey={entity.key}
          action={opened}
          document={entity}
          act={(how) => actOnShared(kind, project.key, entity.key, opened, how)}
          refresh={refresh}
          onClose={close}
        >
          {MEANING[opened]}
        </ActReview>
      )}
    </Group>
  );
}

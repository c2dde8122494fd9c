import { Button, Stack } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem } from "@/api/problem";
import { announce } from "@/components/announce";
import { Card } from "@/components/Card";
import { Empty } from "@/components/Empty";
import { Guarded } from "@/components/Guarded";
import { undoOf } from "@/components/history/undo";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { useHoldouts } from "../designer/queries";
import { Archived } from "../layers/Archived";
import { CreateDialog } from "../layers/CreateDialog";
import { EntityTools } from "../layers/EntityTools";
import { HoldoutEffectView } from "../layers/HoldoutEffectView";
import { type Holdout, useHoldoutEffect, useLayerWrites } from "../layers/queries";
import { SectionTabs } from "../list/SectionTabs";
import styles from "../results/results.module.css";

export default function HoldoutsPage() {
  const { project } = usePlace();
  const holdouts = useHoldouts(project.key);
  const writes = useLayerWrites("holdout", project.key);
  const [opened, setOpened] = useState(false);
  const button = (
    <Guarded right="holdout:create">
      {(guard) => (
        <Button onClick={() => setOpened(true)} {...guard}>
          Create holdout
        </Button>
      )}
    </Guarded>
  );
  return (
    <>
      <PageHeader
        title="Experiments"
        subtitle="Users who are kept out of experiments, and what all of that has done to the others."
        actions={button}
        tabs={<SectionTabs current="holdouts" />}
      />
      <QueryView query={holdouts}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty
              title="No holdout yet"
              text="Keep a few percent of the users out of everything, and see after months what the whole programme was worth."
              action={button}
            />
          ) : (
            <Stack gap="md">
              {page.items.map((each) => (
                <One key={each.key} holdout={each} />
              ))}
            </Stack>
          )
        }
      </QueryView>
      <Archived kind="holdout" />
      <CreateDialog
        opened={opened}
        onClose={() => setOpened(false)}
        noun="holdout"
        withShare
        onCreate={async ({ key, name, share }) => {
          const written = await writes.create(key, name, share);
          const subject = { project: project.key, kind: "holdout", key } as const;
          announce(written, {
            what: `Created the holdout ${name}`,
            undo: undoOf(subject, written, writes.refresh),
          });
        }}
      />
    </>
  );
}

function One({ holdout }: { holdout: Holdout }) {
  const { project, environment } = usePlace();
  const effect = useHoldoutEffect(project.key, environment.key, holdout.key, true);
  const absent = effect.isError && asProblem(effect.error).status === 404;
  return (
    <Card
      title={holdout.name}
      subtitle={`${holdout.share}% of all units. ${holdout.description}`}
      actions={<EntityTools kind="holdout" entity={holdout} />}
    >
      {absent ? (
        <p className={styles.reason}>
          No experiment of {environment.name} has started with it yet, so there is no effect to read.
        </p>
      ) : (
        <QueryView query={effect} part>
          {(found) => <HoldoutEffectView effect={found} />}
        </QueryView>
      )}
    </Card>
  );
}

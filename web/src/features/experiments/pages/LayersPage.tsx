import { Button, Stack } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { Card } from "@/components/Card";
import { Empty } from "@/components/Empty";
import { Guarded } from "@/components/Guarded";
import { undoOf } from "@/components/history/undo";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { LayerRuler } from "../designer/LayerRuler";
import { useLayers } from "../designer/queries";
import { Archived } from "../layers/Archived";
import { CreateDialog } from "../layers/CreateDialog";
import { EntityTools } from "../layers/EntityTools";
import { useLayerWrites } from "../layers/queries";
import { SectionTabs } from "../list/SectionTabs";

export default function LayersPage() {
  const { project, environment } = usePlace();
  const layers = useLayers(project.key);
  const writes = useLayerWrites("layer", project.key);
  const [opened, setOpened] = useState(false);
  const button = (
    <Guarded right="layer:create">
      {(guard) => (
        <Button onClick={() => setOpened(true)} {...guard}>
          Create layer
        </Button>
      )}
    </Guarded>
  );
  return (
    <>
      <PageHeader
        title="Experiments"
        subtitle="Running experiments of one layer share no unit: each has a range of its buckets."
        actions={button}
        tabs={<SectionTabs current="layers" />}
      />
      <QueryView query={layers}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title="No layer yet" text="Put experiments that must not meet into one layer." action={button} />
          ) : (
            <Stack gap="md">
              {page.items.map((each) => (
                <Card
                  key={each.key}
                  title={each.name}
                  subtitle={each.description || `In ${environment.name}`}
                  actions={<EntityTools kind="layer" entity={each} />}
                >
                  <LayerRuler project={project.key} environment={environment.key} layer={each.key} />
                </Card>
              ))}
            </Stack>
          )
        }
      </QueryView>
      <Archived kind="layer" />
      <CreateDialog
        opened={opened}
        onClose={() => setOpened(false)}
        noun="layer"
        withShare={false}
        onCreate={async ({ key, name }) => {
          const written = await writes.create(key, name, 0);
          const subject = { project: project.key, kind: "layer", key } as const;
          announce(written, {
            what: `Created the layer ${name}`,
            undo: undoOf(subject, written, writes.refresh),
          });
        }}
      />
    </>
  );
}

import { Select } from "@mantine/core";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { Empty } from "@/components/Empty";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { useSearchState } from "@/lib/url";
import { ProgrammeView } from "../layers/ProgrammeView";
import { useProgramme } from "../layers/queries";
import { SectionTabs } from "../list/SectionTabs";
import { useMetrics } from "../queries";

const search = z.object({ metric: z.string().default("") });

export default function ProgrammePage() {
  const { project, environment } = usePlace();
  const [{ metric }, set] = useSearchState(search);
  const metrics = useMetrics(project.key);
  const chosen = metric || metrics.data?.items[0]?.key || "";
  const programme = useProgramme(project.key, environment.key, chosen);
  return (
    <>
      <PageHeader
        title="Experiments"
        subtitle="How often treatments were better, and what winners are worth without the luck of being picked."
        tabs={<SectionTabs current="programme" />}
        actions={
          <Select
            aria-label="Metric"
            w={280}
            maw="100%"
            searchable
            allowDeselect={false}
            value={chosen}
            data={(metrics.data?.items ?? []).map((each) => ({ value: each.key, label: each.name }))}
            onChange={(key) => set({ metric: key ?? "" })}
          />
        }
      />
      {chosen === "" ? (
        <QueryView query={metrics} part>
          {() => <Empty title="No metric yet" text="A programme is told by a metric that several experiments share." />}
        </QueryView>
      ) : (
        <QueryView query={programme} part>
          {(found) => <ProgrammeView programme={found} />}
        </QueryView>
      )}
    </>
  );
}

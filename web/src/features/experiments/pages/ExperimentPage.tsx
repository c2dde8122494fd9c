import { Group } from "@mantine/core";
import { lazy, Suspense } from "react";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { PageHeader } from "@/components/PageHeader";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { Tabs } from "@/components/Tabs";
import { Time } from "@/components/Time";
import { patiently } from "@/lib/patiently";
import { pagePath, useParams } from "@/lib/url";
import { ExperimentActions } from "../actions/ExperimentActions";
import { type Experiment, useExperiment } from "../queries";
import { ResultsTab } from "../results/ResultsTab";
import { planWord, statusTone, statusWord } from "../words";

const DesignTab = lazy(() =>
  patiently(() => import("../designer/DesignTab").then((module) => ({ default: module.DesignTab }))),
);
const UnitsTab = lazy(() =>
  patiently(() => import("../units/UnitsTab").then((module) => ({ default: module.UnitsTab }))),
);
const HistoryTab = lazy(() =>
  patiently(() => import("../history/HistoryTab").then((module) => ({ default: module.HistoryTab }))),
);

const TABS = [
  { key: "results", label: "Results" },
  { key: "design", label: "Design", edit: "fields" },
  { key: "units", label: "Units" },
  { key: "history", label: "History" },
] as const;

export default function ExperimentPage() {
  const { project } = usePlace();
  const { key } = useParams();
  const experiment = useExperiment(project.key, key);
  return <QueryView query={experiment}>{(found: Experiment) => <Page experiment={found} />}</QueryView>;
}

function Page({ experiment }: { experiment: Experiment }) {
  const { project } = usePlace();
  const { tab } = useParams();
  return (
    <>
      <PageHeader
        back={{ label: "Experiments", to: pagePath(project.key, "experiments") }}
        title={experiment.name}
        subtitle={
          <Group gap="xs">
            <Badge tone={statusTone(experiment.status)}>{statusWord(experiment.status)}</Badge>
            {experiment.archived && <Badge>Archived</Badge>}
            <span>
              on <PageLink to={pagePath(project.key, "flags", experiment.flag)}>{experiment.flag}</PageLink> in{" "}
              {experiment.environment}
            </span>
            <span>{planWord(experiment.plan.mode)}</span>
            {experiment.start_at !== null && (
              <span>
                started <Time at={experiment.start_at} />
              </span>
            )}
            {experiment.stop_at !== null && (
              <span>
                stopped <Time at={experiment.stop_at} />
              </span>
            )}
            {experiment.schedule?.start_at && (
              <span>
                starts <Time at={experiment.schedule.start_at} />
              </span>
            )}
            {experiment.schedule?.stop_at && (
              <span>
                stops <Time at={experiment.schedule.stop_at} />
              </span>
            )}
            {experiment.schedule_failure && (
              <Badge tone="problem">Its schedule failed: {experiment.schedule_failure.detail}</Badge>
            )}
          </Group>
        }
        actions={<ExperimentActions experiment={experiment} />}
        tabs={<Tabs label={`Parts of ${experiment.name}`} tabs={TABS} />}
      />
      {(tab === null || tab === "results") && <ResultsTab experiment={experiment} />}
      <Suspense fallback={<div aria-busy="true" />}>
        {tab === "design" && <DesignTab experiment={experiment} />}
        {tab === "units" && <UnitsTab experiment={experiment} />}
        {tab === "history" && <HistoryTab experiment={experiment} />}
      </Suspense>
    </>
  );
}

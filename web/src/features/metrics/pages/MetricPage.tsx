import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem } from "@/api/problem";
import { useRight } from "@/api/rights";
import { announce } from "@/components/announce";
import { MEANWHILE, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import type { Subject } from "@/components/history/queries";
import { undoOf } from "@/components/history/undo";
import { VersionList } from "@/components/history/VersionList";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { Review } from "@/components/Review";
import { Refusals } from "@/components/refusals/Refusals";
import { LookOnly } from "@/components/rights/LookOnly";
import { SaveBar } from "@/components/SaveBar";
import { Tabs } from "@/components/Tabs";
import { useRefused } from "@/components/use-refused";
import { pagePath, useParams } from "@/lib/url";
import { formOf, patchBody, sentenceOf } from "../model";
import { CalibrationCard } from "../parts/CalibrationCard";
import { MetricActions } from "../parts/MetricActions";
import { MetricFields } from "../parts/MetricFields";
import styles from "../parts/metrics.module.css";
import { PreviewCard } from "../parts/PreviewCard";
import { UsedByCard } from "../parts/UsedByCard";
import { changeMetric, type Metric, metricKey, useMetric } from "../queries";

const TABS = [
  { key: "overview", label: "Overview" },
  { key: "definition", label: "Definition", edit: "fields" },
  { key: "history", label: "History" },
] as const;

export default function MetricPage() {
  const { project } = usePlace();
  const { key } = useParams();
  const metric = useMetric(project.key, key);
  return <QueryView query={metric}>{(found: Metric) => <Page metric={found} />}</QueryView>;
}

function Page({ metric }: { metric: Metric }) {
  const { project } = usePlace();
  const { tab } = useParams();
  return (
    <>
      <PageHeader
        back={{ label: "Metrics", to: pagePath(project.key, "metrics") }}
        title={metric.name}
        subtitle={metric.description || undefined}
        actions={<MetricActions metric={metric} />}
        tabs={<Tabs label={`Parts of ${metric.name}`} tabs={TABS} />}
      />
      {tab === "definition" ? (
        <Definition metric={metric} />
      ) : tab === "history" ? (
        <History metric={metric} />
      ) : (
        <div className={styles.stack}>
          <p className={styles.sentence}>{sentenceOf(metric)}</p>
          <PreviewCard metric={metric} />
          <UsedByCard metric={metric} />
          <CalibrationCard metric={metric} />
        </div>
      )}
    </>
  );
}

function Definition({ metric }: { metric: Metric }) {
  const { project } = usePlace();
  const client = useQueryClient();
  const right = useRight("metric:update");
  const stored = useMemo(() => formOf(metric), [metric]);
  const subject: Subject = { project: project.key, kind: "metric", key: metric.key };
  const edited = useSharedDraft({
    stored,
    version: metric.version,
    readBy: metricKey(project.key, metric.key),
    subject,
  });
  const { draft, set, dirty, discard, base, version, moved } = edited;
  const [opened, setOpened] = useState(false);
  const { fields, problem, refuse } = useRefused(draft);
  const refresh = () => client.invalidateQueries({ queryKey: ["metrics", project.key] });
  const patch = patchBody(base, draft);
  const words = dirty ? Object.keys(patch).map((each) => `${each.replaceAll("_", " ")} changes`) : [];
  const save = async ({ reason }: { reason: string }) => {
    try {
      const written = await changeMetric(project.key, metric.key, version, patch, reason);
      edited.saved(written.data.version);
      announce(written, {
        what: `Saved ${written.data.name}`,
        undo: undoOf(subject, written, refresh),
      });
    } catch (thrown) {
      const refused = asProblem(thrown);
      if (refused.status === 412) void edited.readAnew();
      if (refused.status !== 412 && refused.fields.length === 0) throw thrown;
      refuse(refused.fields, refused);
    }
    await refresh();
  };
  return (
    <>
      <Meanwhile edited={edited} />
      <LookOnly right="metric:update" />
      <fieldset className={styles.plain} disabled={!right.allowed || metric.archived}>
        <Refusals problem={problem}>
          <MetricFields
            form={draft}
            set={(change) => set((current) => ({ ...current, ...change }))}
            errors={Object.fromEntries(fields.map((each) => [each.field, each.message]))}
            created
          />
        </Refusals>
      </fieldset>
      <SaveBar
        changes={words}
        problem={problem}
        settleFirst={moved ? MEANWHILE : null}
        onReview={() => setOpened(true)}
        onDiscard={discard}
      />
      <Review
        opened={opened}
        onClose={() => setOpened(false)}
        words={words}
        before={base}
        after={draft}
        reasonDemanded={false}
        mode="save"
        onSubmit={save}
      />
    </>
  );
}

function History({ metric }: { metric: Metric }) {
  const { project } = usePlace();
  const client = useQueryClient();
  return (
    <VersionList
      subject={{ project: project.key, kind: "metric", key: metric.key }}
      right="metric:update"
      refresh={() => client.invalidateQueries({ queryKey: ["metrics", project.key] })}
    />
  );
}

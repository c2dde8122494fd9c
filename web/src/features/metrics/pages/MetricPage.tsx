import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, type Problem } from "@/api/problem";
import { useRight } from "@/api/rights";
import { announce } from "@/components/announce";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { Review } from "@/components/Review";
import { SaveBar } from "@/components/SaveBar";
import { Tabs } from "@/components/Tabs";
import { useDraft } from "@/components/use-draft";
import { pagePath, useParams } from "@/lib/url";
import { formOf, patchBody, sentenceOf } from "../model";
import { CalibrationCard } from "../parts/CalibrationCard";
import { MetricFields } from "../parts/MetricFields";
import styles from "../parts/metrics.module.css";
import { PreviewCard } from "../parts/PreviewCard";
import { UsedByCard } from "../parts/UsedByCard";
import { changeMetric, type Metric, useMetric } from "../queries";

const TABS = [
  { key: "overview", label: "Overview" },
  { key: "definition", label: "Definition" },
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
        tabs={<Tabs label={`Parts of ${metric.name}`} tabs={TABS} />}
      />
      {tab === "definition" ? (
        <Definition metric={metric} />
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
  const { draft, set, dirty, discard, base } = useDraft(formOf(metric));
  const [opened, setOpened] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const patch = patchBody(base, draft);
  const words = dirty ? Object.keys(patch).map((each) => `${each.replaceAll("_", " ")} changes`) : [];
  const save = async ({ reason }: { reason: string }) => {
    try {
      const written = await changeMetric(project.key, metric.key, metric.version, patch, reason);
      client.setQueryData(["metrics", project.key, metric.key], written.data);
      await client.invalidateQueries({ queryKey: ["metrics", project.key] });
      setProblem(null);
      discard();
      announce(written, { what: `Saved ${written.data.name}` });
    } catch (thrown) {
      setProblem(asProblem(thrown));
      throw thrown;
    }
  };
  return (
    <>
      {!right.allowed && <p className={styles.text}>{right.reason}.</p>}
      <fieldset className={styles.plain} disabled={!right.allowed || metric.archived}>
        <MetricFields
          form={draft}
          set={(change) => set((current) => ({ ...current, ...change }))}
          errors={Object.fromEntries((problem?.fields ?? []).map((each) => [each.field, each.message]))}
          created
        />
      </fieldset>
      <SaveBar changes={words} problem={opened ? null : problem} onReview={() => setOpened(true)} onDiscard={discard} />
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

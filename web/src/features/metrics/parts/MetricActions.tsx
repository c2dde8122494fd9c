import { useQueryClient } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import type { Act } from "@/components/reviewing/acts";
import { EntityActions } from "@/components/reviewing/EntityActions";
import { pagePath } from "@/lib/url";
import { actOnMetric, type Metric, metricsKey } from "../queries";

const MEANING: Record<Act, string> = {
  archive: "No experiment can name it any more; results that have it keep it.",
  restore: "Experiments can name it again.",
  delete: "It is on no list any more. What an experiment names, even one that is over, is not deleted.",
};

/** What is done with a metric as a whole. */
export function MetricActions({ metric }: { readonly metric: Metric }) {
  const { project } = usePlace();
  const client = useQueryClient();
  return (
    <EntityActions
      kind="metric"
      entity={metric}
      meaning={MEANING}
      act={(action, how) => actOnMetric(project.key, metric.key, action, how)}
      refresh={() => client.invalidateQueries({ queryKey: metricsKey(project.key) })}
      list={pagePath(project.key, "metrics")}
      deletable
    />
  );
}

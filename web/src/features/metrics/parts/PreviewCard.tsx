import { usePlace } from "@/api/place";
import { Counts } from "@/charts/Counts";
import { Card } from "@/components/Card";
import { QueryView } from "@/components/QueryView";
import { count, shortDayInUtc } from "@/lib/format";
import { type Metric, type MetricPreview, useMetricPreview } from "../queries";
import styles from "./metrics.module.css";

/** The metric over everybody in the last two weeks: whether its events arrive, and what they come to. */
export function PreviewCard({ metric }: { metric: Metric }) {
  const { project, environment } = usePlace();
  const preview = useMetricPreview({ project: project.key, environment: environment.key }, metric.key);
  return (
    <Card
      title="On recent data"
      subtitle={`Over everybody in ${environment.name}, by day in UTC: no comparison, no test.`}
    >
      <QueryView query={preview} part>
        {(found: MetricPreview) => <Found found={found} />}
      </QueryView>
    </Card>
  );
}

function Found({ found }: { found: MetricPreview }) {
  return (
    <>
      <p className={styles.text}>{found.finding}</p>
      {found.events > 0 && (
        <Counts
          label={`Users with ${found.name} by day`}
          timeName="Day (UTC)"
          times={found.days.map((each) => shortDayInUtc(each.date))}
          series={[{ key: "units", label: "Users", place: 1, values: found.days.map((each) => each.units) }]}
          format={count}
          height={160}
        />
      )}
    </>
  );
}

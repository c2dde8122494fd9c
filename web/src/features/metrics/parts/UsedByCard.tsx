import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { capital } from "@/lib/format";
import { pagePath } from "@/lib/url";
import { type Metric, type Use, useUses } from "../queries";
import styles from "./metrics.module.css";

/** The experiments that it decides, guards, or is looked at in. */
export function UsedByCard({ metric }: { metric: Metric }) {
  const { project } = usePlace();
  const uses = useUses(project.key, metric.key);
  return (
    <Card title="Used by" subtitle="While one of them runs, the definition can't change.">
      <QueryView query={uses} part>
        {(found: Use[]) =>
          found.length === 0 ? (
            <p className={styles.text}>No experiment uses it.</p>
          ) : (
            <ul className={styles.list}>
              {found.map((each) => (
                <li key={each.key}>
                  <PageLink
                    to={`${pagePath(project.key, "experiments", each.key)}?env=${encodeURIComponent(each.environment)}`}
                  >
                    {each.name}
                  </PageLink>
                  <span className={styles.hint}>
                    as {each.role} in {each.environment}
                  </span>
                  <Badge tone={each.status === "running" ? "good" : "neutral"}>{capital(each.status)}</Badge>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Card>
  );
}

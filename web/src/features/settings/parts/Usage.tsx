import { Progress } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Card } from "@/components/Card";
import { QueryView } from "@/components/QueryView";
import { percent } from "@/lib/format";
import { quotaName, quotaWords } from "../model";
import classes from "../pages/settings.module.css";
import { type Quota, quotasQuery } from "../queries";

/** What is used of what there may be; the fullest first. */
export function Usage() {
  const { organization, project } = usePlace();
  const query = useQuery(quotasQuery(project.key, organization.id));
  return (
    <QueryView query={query}>
      {(quotas) => (
        <div className={classes.stack}>
          <Card title={`Of the project ${project.name}`}>
            <List quotas={quotas.project} />
          </Card>
          <Card title={`Of the organization ${organization.name}`}>
            <List quotas={quotas.organization} />
          </Card>
        </div>
      )}
    </QueryView>
  );
}

function List({ quotas }: { readonly quotas: readonly Quota[] }) {
  return (
    <div>
      {quotas
        .toSorted((one, other) => other.share - one.share)
        .map((each) => {
          const name = quotaName(each);
          const share = Math.min(100, each.share * 100);
          return (
            <div key={name} className={classes.quota}>
              <div className={classes.quotaLine}>
                <span>{name}</span>
                <span className={classes.hint}>
                  {quotaWords(each)} ({share > 0 && share < 0.01 ? "under 0.01%" : percent(share)})
                </span>
              </div>
              <Progress
                value={share}
                size="sm"
                aria-label={`${name}: ${quotaWords(each)}`}
                color={share >= 80 ? "yellow.8" : "indigo.6"}
              />
            </div>
          );
        })}
    </div>
  );
}

import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { percent } from "@/lib/format";
import { pagePath } from "@/lib/url";
import { inMotion, rolloutWords } from "../model";
import { rolloutsQuery } from "../queries";
import classes from "./List.module.css";

export function Rollouts() {
  const { project, environment } = usePlace();
  const query = useQuery(rolloutsQuery(project.key, environment.key));
  return (
    <Card title="Rollouts in motion" actions={<PageLink to={pagePath(project.key, "rollouts")}>All</PageLink>}>
      <QueryView query={query} part>
        {({ items }) => {
          const moving = inMotion(items);
          if (moving.length === 0) return <p className={classes.none}>None moves in {environment.name}.</p>;
          return (
            <ul className={classes.list}>
              {moving.map((each) => (
                <li key={each.id} className={classes.item}>
                  <span className={classes.main}>
                    <PageLink to={pagePath(project.key, "rollouts", each.key)} className={classes.name}>
                      {each.name}
                    </PageLink>
                    <span className={classes.hint}>
                      {each.variation} of {each.flag}, {rolloutWords(each)}
                    </span>
                  </span>
                  <span className={classes.side}>
                    {each.state === "held" && <Badge tone="problem">held</Badge>} {percent(each.share)}
                    <div className={classes.bar} aria-hidden="true">
                      <div className={classes.fill} style={{ width: `${each.share}%` }} />
                    </div>
                  </span>
                </li>
              ))}
            </ul>
          );
        }}
      </QueryView>
    </Card>
  );
}

import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge, type Tone } from "@/components/Badge";
import { Card } from "@/components/Card";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { plural } from "@/lib/format";
import { pagePath } from "@/lib/url";
import { experimentsQuery, type Standing } from "../queries";
import classes from "./List.module.css";

const HEALTH: Readonly<Record<string, readonly [Tone, string]>> = {
  ok: ["good", "healthy"],
  warning: ["caution", "look at its health"],
  problem: ["problem", "data can’t be trusted"],
};

export function Experiments() {
  const { project, environment } = usePlace();
  const query = useQuery(experimentsQuery(project.key, environment.key));
  return (
    <Card title="Running experiments" actions={<PageLink to={pagePath(project.key, "experiments")}>All</PageLink>}>
      <QueryView query={query} part>
        {({ items }) =>
          items.length === 0 ? (
            <p className={classes.none}>None runs in {environment.name}.</p>
          ) : (
            <ul className={classes.list}>
              {items.map((each) => (
                <Row key={each.id} project={project.key} experiment={each} />
              ))}
            </ul>
          )
        }
      </QueryView>
    </Card>
  );
}

function Row({ project, experiment }: { readonly project: string; readonly experiment: Standing }) {
  const { plan, health, decisions } = experiment;
  const mark = health === null ? undefined : HEALTH[health.state];
  return (
    <li className={classes.item}>
      <span className={classes.main}>
        <PageLink to={pagePath(project, "experiments", experiment.key)} className={classes.name}>
          {experiment.name}
        </PageLink>
        <span className={classes.hint}>
          {decisions[0]?.sentence ?? plan?.sentence ?? "Its first figures are being computed"}
        </span>
      </span>
      <span className={classes.side}>
        {mark !== undefined && <Badge tone={mark[0]}>{mark[1]}</Badge>}
        <span className={classes.hint}>
          {plan === null ? "" : `${plural(plan.units, "unit")}${daysLeft(plan.days_left)}`}
        </span>
      </span>
    </li>
  );
}

function daysLeft(days: number | null): string {
  if (days === null || days <= 0) return "";
  const whole = Math.ceil(days);
  return `, ${plural(whole, "day")} left`;
}

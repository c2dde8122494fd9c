import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Card } from "@/components/Card";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { count } from "@/lib/format";
import { sdksQuery } from "../queries";
import classes from "./List.module.css";

const SHOWN = 8;

export function Sdks() {
  const { project, environment } = usePlace();
  const query = useQuery(sdksQuery(project.key, environment.key));
  return (
    <Card title="SDKs" subtitle="Who evaluated flags in the last day, by version">
      <QueryView query={query} part>
        {({ sdks }) => (
          <ul className={classes.list}>
            {sdks.slice(0, SHOWN).map((each) => (
              <li key={each.sdk} className={classes.item}>
                <span className={classes.main}>
                  <span className={classes.name}>{each.name ?? "A program that does not say which"}</span>{" "}
                  {each.version}
                  <span className={classes.hint}>{count(each.evaluations_hour)} evaluations in the last hour</span>
                </span>
                <span className={classes.side}>
                  <Time at={each.last_evaluation_at} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </Card>
  );
}

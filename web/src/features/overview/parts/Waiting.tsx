import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Card } from "@/components/Card";
import { QueryView } from "@/components/QueryView";
import { attentionQuery } from "../queries";
import { useUnhealthy } from "../use-unhealthy";
import { AttentionList } from "./AttentionList";
import classes from "./List.module.css";

/** What waits for whoever looks. */
export function Waiting() {
  const { project, environment } = usePlace();
  const query = useQuery(attentionQuery(project.key, environment.key));
  const unhealthy = useUnhealthy(project.key, environment.key);
  return (
    <Card title="Waits for you">
      <QueryView query={query} part>
        {({ items, more }) =>
          items.length + unhealthy.length === 0 ? (
            <p className={classes.none}>Nothing waits in {environment.name}.</p>
          ) : (
            <>
              <AttentionList project={project.key} items={items} unhealthy={unhealthy} />
              {more && <p className={classes.none}>There is more of a kind than is listed here.</p>}
            </>
          )
        }
      </QueryView>
    </Card>
  );
}

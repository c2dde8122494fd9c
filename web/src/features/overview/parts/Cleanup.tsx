import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { Sentence } from "@/components/Sentence";
import { lifecycleWords } from "@/lib/lifecycle";
import { pagePath } from "@/lib/url";
import { leftovers, STATES } from "../cleanup";
import { cleanupQuery } from "../queries";
import classes from "./List.module.css";

/** Flags that nobody asks for any more, and those that give everybody the same: each can go from code. */
export function Cleanup() {
  const { project, environment } = usePlace();
  const query = useQuery(cleanupQuery(project.key, environment.key));
  return (
    <Card
      title="Flags that may go"
      subtitle="By how they were used in the last 30 days. Their pages have the evidence."
    >
      <QueryView query={query} part>
        {({ found, more }) => {
          const mayGo = leftovers(found, environment.key);
          if (mayGo.length === 0)
            return (
              <p className={classes.none}>
                Of no flag in {environment.name} is it known that it may go
                {more ? ", as far as was looked" : ""}.
              </p>
            );
          return (
            <>
              <ul className={classes.list}>
                {mayGo.map((each) => (
                  <li key={each.flag} className={classes.item}>
                    <span className={classes.main}>
                      <PageLink to={pagePath(project.key, "flags", each.flag)} className={classes.name}>
                        {each.name}
                      </PageLink>
                      <span className={classes.hint}>
                        <Sentence text={each.why} />
                      </span>
                    </span>
                    <span className={classes.side}>
                      <Badge>{lifecycleWords(each.state)}</Badge>
                    </span>
                  </li>
                ))}
              </ul>
              {more && (
                <p className={classes.none}>
                  There may be more:{" "}
                  {STATES.map((state, at) => (
                    <Fragment key={state}>
                      {at > 0 && ", "}
                      <PageLink to={`${pagePath(project.key, "flags")}?lifecycle=${state}`}>
                        all that are {lifecycleWords(state)}
                      </PageLink>
                    </Fragment>
                  ))}
                  .
                </p>
              )}
            </>
          );
        }}
      </QueryView>
    </Card>
  );
}

import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Card } from "@/components/Card";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { entityPath } from "@/lib/entity-path";
import { inEnvironment, pagePath } from "@/lib/url";
import { changesQuery, type Entry } from "../queries";
import classes from "./List.module.css";

export function Changes() {
  const { project, organization } = usePlace();
  const query = useQuery(changesQuery(organization.id, project.key));
  return (
    <Card title="Last changes" actions={<PageLink to={pagePath(project.key, "audit")}>Audit log</PageLink>}>
      <QueryView query={query} part>
        {({ items }) =>
          items.length === 0 ? (
            <p className={classes.none}>Nothing was changed yet.</p>
          ) : (
            <ul className={classes.list}>
              {items.map((each) => (
                <li key={each.number} className={classes.item}>
                  <span className={classes.main}>
                    <Summary entry={each} />
                    {each.reason !== null && each.reason !== "" && (
                      <span className={classes.hint}>“{each.reason}”</span>
                    )}
                  </span>
                  <span className={classes.side}>
                    <Time at={each.at} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Card>
  );
}

/** Leads to what was changed, in the environment where it was; what is deleted has no page any more. */
function Summary({ entry }: { readonly entry: Entry }) {
  const path = entry.project === null ? null : entityPath(entry.project, entry.entity, entry.entity_key);
  if (path === null || isGone(entry)) return entry.summary;
  const [only = null, ...others] = entry.environments;
  return <PageLink to={inEnvironment(path, others.length === 0 ? only : null)}>{entry.summary}</PageLink>;
}

const isGone = (entry: Entry): boolean => entry.after === null && entry.before !== null;

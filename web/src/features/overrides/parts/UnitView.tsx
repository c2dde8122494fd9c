import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Guarded } from "@/components/Guarded";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { useNow } from "@/lib/now";
import { pagePath } from "@/lib/url";
import { timeLeft, unitWords } from "../model";
import classes from "../overrides.module.css";
import { overridesKey, removeOverrides, setAgain, type Unit, unitQuery } from "../queries";

interface Props {
  readonly unit: string;
  readonly onAll: () => void;
}

/** Everything special about one user in this environment. */
export function UnitView({ unit, onAll }: Props) {
  const { project, environment } = usePlace();
  const query = useQuery(unitQuery(project.key, environment.key, unit));
  return (
    <>
      <Button variant="subtle" size="compact-sm" onClick={onAll} mb="xs">
        Show all overrides
      </Button>
      <QueryView query={query} part>
        {(told) => (
          <>
            <p className={classes.told} role="status">
              {unitWords(unit, told)}
            </p>
            <Parts unit={unit} told={told} />
          </>
        )}
      </QueryView>
    </>
  );
}

function Parts({ unit, told }: { readonly unit: string; readonly told: Unit }) {
  const { project, environment } = usePlace();
  const client = useQueryClient();
  const now = new Date(useNow());
  const remove = async (row: Unit["overrides"][number]) => {
    const refresh = () => client.invalidateQueries({ queryKey: overridesKey(project.key, environment.key) });
    try {
      const written = await removeOverrides(project.key, environment.key, unit, row.flag);
      announce(written, {
        what: `${unit} gets ${row.flag} as everybody does`,
        undo: async () => {
          await setAgain(project.key, environment.key, unit, row);
          await refresh();
        },
      });
      await refresh();
    } catch (thrown) {
      announceProblem(thrown, "The override stays");
    }
  };
  const flagLink = (flag: string) => <PageLink to={pagePath(project.key, "flags", flag)}>{flag}</PageLink>;
  return (
    <div className={classes.grid}>
      <Rows title="Overrides" empty="None. They come first, before targets, experiments and rules.">
        {told.overrides.map((each) => (
          <li key={each.flag}>
            <strong>{each.variation}</strong> of {flagLink(each.flag)}{" "}
            {each.state === "expired" ? <Badge>expired</Badge> : null}
            <div className={classes.dim}>
              {each.reason} · set by {each.set_by} · {timeLeft(each.expires_at, now)}
            </div>
            {each.state === "active" && (
              <Guarded right="flag:update" environment={environment.key}>
                {(guard) => (
                  <Button
                    size="compact-xs"
                    variant="default"
                    mt={4}
                    aria-label={`Remove the override on ${each.flag}`}
                    onClick={() => void remove(each)}
                    {...guard}
                  >
                    Remove
                  </Button>
                )}
              </Guarded>
            )}
          </li>
        ))}
      </Rows>
      <Rows title="Individual targets" empty="None. They stand in the rules of flags.">
        {told.targets.map((each) => (
          <li key={each.flag}>
            <strong>{each.variation}</strong> of {flagLink(each.flag)}
            <div className={classes.dim}>{timeLeft(each.expires_at ?? null, now)}</div>
          </li>
        ))}
      </Rows>
      <Rows title="Segments that list it" empty="None. It may still meet the condition of some.">
        {told.segments.map((each) => (
          <li key={`${each.segment} ${each.listed}`}>
            <PageLink to={pagePath(project.key, "segments", each.segment)}>{each.segment}</PageLink>{" "}
            <Badge tone={each.listed === "excluded" ? "caution" : "info"}>{each.listed}</Badge>
          </li>
        ))}
      </Rows>
      {told.truncated && <p className={classes.dim}>There are more targets or segments than are shown.</p>}
    </div>
  );
}

function Rows({
  title,
  empty,
  children,
}: {
  readonly title: string;
  readonly empty: string;
  readonly children: ReactNode[];
}) {
  return (
    <Card title={title}>
      {children.length === 0 ? <p className={classes.dim}>{empty}</p> : <ul className={classes.list}>{children}</ul>}
    </Card>
  );
}

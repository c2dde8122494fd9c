import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge, type Tone } from "@/components/Badge";
import { DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { capital } from "@/lib/format";
import { pagePath } from "@/lib/url";
import { type Experiment, experimentsQuery, type Flag } from "./queries";

const TONES: Readonly<Record<string, Tone>> = { running: "good", paused: "caution", scheduled: "info" };

/** Experiments on the flag in every environment, ended ones too. */
export function ExperimentsTab({ flag }: { readonly flag: Flag }) {
  const { project } = usePlace();
  const query = useQuery(experimentsQuery(project.key, flag.key));
  return (
    <QueryView query={query} part>
      {({ items }) => (
        <DataTable<Experiment>
          label={`Experiments on ${flag.key}`}
          rows={items}
          rowKey={(each) => each.key}
          href={(each) => pagePath(project.key, "experiments", each.key)}
          columns={[
            { id: "name", header: "Experiment", cell: (each) => each.name || each.key },
            { id: "environment", header: "Environment", cell: (each) => each.environment },
            {
              id: "status",
              header: "Status",
              cell: (each) => <Badge tone={TONES[each.status] ?? "neutral"}>{capital(each.status)}</Badge>,
            },
            { id: "mode", header: "Mode", cell: (each) => (each.mode === "assigns" ? "assigns units" : "observes") },
            {
              id: "started",
              header: "Started",
              cell: (each) => (each.start_at === null ? "–" : <Time at={each.start_at} />),
            },
          ]}
          empty={
            <Empty
              title="No experiment is on this flag"
              text="An experiment tells whether a variation does what it is meant to do."
              action={
                <PageLink to={`${pagePath(project.key, "experiments", "new")}?flag=${encodeURIComponent(flag.key)}`}>
                  Design experiment
                </PageLink>
              }
            />
          }
        />
      )}
    </QueryView>
  );
}

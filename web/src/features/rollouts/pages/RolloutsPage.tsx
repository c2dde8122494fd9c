import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { FilterBar } from "@/components/FilterBar";
import { Guarded } from "@/components/Guarded";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { percent } from "@/lib/format";
import { pagePath, useSearchState } from "@/lib/url";
import { planOf, planWords, STATES, waitsFor } from "../model";
import classes from "../parts/rollouts.module.css";
import { type Rollout, useRollouts } from "../queries";

const schema = z.object({
  state: z
    .enum(["pending", "running", "held", "paused", "completed", "rolled_back", "cancelled"])
    .nullable()
    .default(null),
});

const columns: readonly Column<Rollout>[] = [
  { id: "name", header: "Rollout", cell: (row) => row.name },
  {
    id: "state",
    header: "State",
    width: "130px",
    cell: (row) => <Badge tone={STATES[row.state].tone}>{STATES[row.state].label}</Badge>,
  },
  { id: "flag", header: "Flag", width: "22%", cell: (row) => `${row.flag}: ${row.variation}` },
  { id: "share", header: "Share", width: "90px", align: "right", cell: (row) => percent(row.share) },
  {
    id: "plan",
    header: "Steps",
    width: "24%",
    cell: (row) => (
      <>
        <div>{planWords(planOf(row.plan)).replaceAll(" %", "\u00a0%")}</div>
        <div className={classes.hint}>{waitsFor(row)}</div>
      </>
    ),
  },
  { id: "updated", header: "Updated", width: "130px", cell: (row) => <Time at={row.updated_at} /> },
];

export default function RolloutsPage() {
  const { project, environment } = usePlace();
  const [search, setSearch] = useSearchState(schema);
  const { query, more } = useRollouts(project.key, environment.key, search.state, null);
  const create = (
    <Guarded right="rollout:manage" environment={environment.key}>
      {(props) => (
        <Button component={Link} to={pagePath(project.key, "new-rollout")} {...props}>
          Create rollout
        </Button>
      )}
    </Guarded>
  );
  return (
    <>
      <PageHeader
        title="Rollouts"
        subtitle={`One variation's share, moved step by step in ${environment.name}, and back by itself when a guard says so.`}
        actions={
          <>
            <Button component={Link} variant="default" to={pagePath(project.key, "rollout-templates")}>
              Templates
            </Button>
            {create}
          </>
        }
      />
      <FilterBar
        fields={[
          {
            name: "state",
            label: "State",
            kind: "choice",
            options: Object.entries(STATES).map(([value, each]) => ({ value, label: each.label })),
          },
        ]}
        value={{ state: search.state }}
        onChange={(change) => setSearch(schema.parse({ state: change.state === "" ? null : change.state }))}
      />
      <QueryView query={query}>
        {(rows) => (
          <DataTable
            label={`Rollouts in ${environment.name}`}
            rows={rows}
            rowKey={(row) => row.key}
            columns={columns}
            href={(row) => pagePath(project.key, "rollouts", row.key)}
            more={more}
            empty={
              search.state === null ? (
                <Empty
                  title={`No rollout in ${environment.name} yet`}
                  text="Serve a new variation to a few first, watch its metrics, and let it grow by itself."
                  action={create}
                />
              ) : (
                <Empty title="No rollout is in this state" text="Clear the filter to see all." />
              )
            }
          />
        )}
      </QueryView>
    </>
  );
}

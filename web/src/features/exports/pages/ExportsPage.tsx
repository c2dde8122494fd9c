import { Button } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { Guarded } from "@/components/Guarded";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { pagePath } from "@/lib/url";
import { destinationWords, RUNS, scheduleWords } from "../model";
import { ExportForm } from "../parts/ExportForm";
import { type Export, useExports } from "../queries";

const columns: readonly Column<Export>[] = [
  { id: "name", header: "Export", cell: (row) => row.name },
  { id: "environment", header: "Environment", width: "14%", cell: (row) => row.environment },
  { id: "destination", header: "Goes to", width: "26%", cell: (row) => destinationWords(row.destination) },
  { id: "schedule", header: "Runs", width: "170px", cell: (row) => scheduleWords(row) },
  {
    id: "last",
    header: "Last run",
    width: "130px",
    cell: (row) =>
      row.last_run === null ? (
        "never"
      ) : (
        <Badge tone={RUNS[row.last_run.status].tone}>{RUNS[row.last_run.status].label}</Badge>
      ),
  },
  {
    id: "next",
    header: "Next run",
    width: "130px",
    cell: (row) => (row.next_run_at === null ? "by hand" : <Time at={row.next_run_at} />),
  },
];

export default function ExportsPage() {
  const { project } = usePlace();
  const { query, more } = useExports(project.key);
  const [creating, setCreating] = useState(false);
  const create = (
    <Guarded right="export:manage">
      {(props) => (
        <Button onClick={() => setCreating(true)} {...props}>
          Create export
        </Button>
      )}
    </Guarded>
  );
  return (
    <>
      <PageHeader
        title="Exports"
        subtitle="Exposures, metric events, flags, experiments and results, as they are stored: to a bucket, a folder or Snowflake."
        actions={create}
      />
      <QueryView query={query}>
        {(rows) => (
          <DataTable
            label="Exports"
            rows={rows}
            rowKey={(row) => row.id}
            columns={columns}
            href={(row) => pagePath(project.key, "exports", row.id)}
            more={more}
            empty={
              <Empty
                title="No export yet"
                text="Bring what Verdict knows to your warehouse, each event once, and join it there."
                action={create}
              />
            }
          />
        )}
      </QueryView>
      {creating && <ExportForm close={() => setCreating(false)} />}
    </>
  );
}

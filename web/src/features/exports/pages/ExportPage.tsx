import { Alert, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { Guarded } from "@/components/Guarded";
import { KeyValue } from "@/components/KeyValue";
import { PageHeader } from "@/components/PageHeader";
import { PersonName } from "@/components/PersonName";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { pagePath, useParams } from "@/lib/url";
import { destinationWords, RUNS, rowsWords, scheduleWords } from "../model";
import { type Export, exportQuery, type Run, useExportWrites, useRuns } from "../queries";
import classes from "./exports.module.css";

export default function ExportPage() {
  const { key } = useParams();
  const query = useQuery(exportQuery(key));
  return <QueryView query={query}>{(found) => <Body found={found} />}</QueryView>;
}

const columns: readonly Column<Run>[] = [
  { id: "number", header: "Run", width: "80px", align: "right", cell: (row) => row.number },
  {
    id: "status",
    header: "State",
    width: "120px",
    cell: (row) => <Badge tone={RUNS[row.status].tone}>{RUNS[row.status].label}</Badge>,
  },
  { id: "rows", header: "Brought", cell: (row) => (row.error === null ? rowsWords(row.rows) : row.error) },
  { id: "mode", header: "What", width: "130px", cell: (row) => (row.mode === "full" ? "Everything" : "What is new") },
  {
    id: "cause",
    header: "Because",
    width: "22%",
    cell: (row) => (row.cause === "schedule" ? "its schedule" : <AskedFor by={row.requested_by} />),
  },
  { id: "at", header: "Asked for", width: "140px", cell: (row) => <Time at={row.requested_at} /> },
];

function AskedFor({ by }: { readonly by: string | null }) {
  return <>asked for by {by === null ? "somebody" : <PersonName id={by} />}</>;
}

function Body({ found }: { readonly found: Export }) {
  const { project } = usePlace();
  const { query, more } = useRuns(found.id);
  return (
    <>
      <PageHeader
        back={{ label: "Exports", to: pagePath(project.key, "exports") }}
        title={found.name}
        subtitle={`${found.environment} to ${destinationWords(found.destination)}, ${scheduleWords(found)}`}
        actions={<ExportActions found={found} />}
      />
      <div className={classes.stack}>
        {found.last_run?.status === "failed" && (
          <Alert color="red" variant="light" title="The last run failed">
            {found.last_run.error} The next one goes on where it stopped.
          </Alert>
        )}
        <Card title="About it">
          <KeyValue
            items={[
              { label: "Brings", value: found.datasets.map((each) => each.replaceAll("_", " ")).join(", ") },
              { label: "Credentials", value: found.credentials === "stored" ? "stored, sealed" : "none" },
              { label: "Next run", value: found.next_run_at === null ? "by hand" : <Time at={found.next_run_at} /> },
              { label: "Made", value: <Time at={found.created_at} /> },
            ]}
          />
        </Card>
        <Card title="Runs">
          <QueryView query={query} part>
            {(rows) => (
              <DataTable
                label="Runs"
                rows={rows}
                rowKey={(row) => String(row.number)}
                columns={columns}
                more={more}
                empty={<Empty title="It has not run yet" text="Run it now, or wait for its schedule." />}
              />
            )}
          </QueryView>
        </Card>
      </div>
    </>
  );
}

function ExportActions({ found }: { readonly found: Export }) {
  const { project } = usePlace();
  const navigate = useNavigate();
  const writes = useExportWrites();
  const [leaving, setLeaving] = useState(false);
  const run = async (writing: Promise<unknown>, what: string) => {
    try {
      await writing;
      announce(null, { what });
    } catch (thrown) {
      announceProblem(thrown);
    }
  };
  const test = async () => {
    try {
      const { data } = await writes.test(found.id);
      if (data.ok) announce(null, { what: data.detail });
      else announceProblem(new Error(data.detail), "A run would fail");
    } catch (thrown) {
      announceProblem(thrown);
    }
  };
  const actions = [
    { label: "Run now", run: () => void run(writes.run(found.id, "incremental"), "A run is asked for") },
    { label: "Bring everything anew", run: () => void run(writes.run(found.id, "full"), "A full run is asked for") },
    { label: "Test the connection", run: () => void test() },
    found.paused
      ? { label: "Resume", run: () => void run(writes.change(found, { paused: false }), "Its schedule goes on") }
      : { label: "Pause", run: () => void run(writes.change(found, { paused: true }), "Paused the export") },
    { label: "Delete", run: () => setLeaving(true) },
  ];
  return (
    <>
      {actions.map((each, index) => (
        <Guarded key={each.label} right="export:manage">
          {(props) => (
            <Button
              {...(each.label === "Delete"
                ? { variant: "outline", color: "red" }
                : { variant: index === 0 ? "filled" : "default" })}
              onClick={each.run}
              {...props}
            >
              {each.label}
            </Button>
          )}
        </Guarded>
      ))}
      <ConfirmDialog
        opened={leaving}
        onClose={() => setLeaving(false)}
        title="Delete the export"
        confirm="Delete the export"
        tone="danger"
        onConfirm={async () => {
          await writes.remove(found);
          announce(null, { what: `Deleted the export ${found.name}` });
          void navigate({ to: pagePath(project.key, "exports") });
        }}
      >
        What it has brought stays where it is.
      </ConfirmDialog>
    </>
  );
}

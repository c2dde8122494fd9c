import { Alert, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem } from "@/api/problem";
import { announce, announceProblem } from "@/components/announce";
import { Card } from "@/components/Card";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { Failure } from "@/components/Failure";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { absoluteTime, count } from "@/lib/format";
import classes from "../pages/audit.module.css";
import { type AuditHead, useHeads, useSignHead, verificationQuery } from "../queries";

/** Entries are chained by hashes, and the chain's head is signed: what was written can't be changed unseen. */
export function Chain() {
  const { organization } = usePlace();
  const verification = useQuery(verificationQuery(organization.id));
  const { query, more } = useHeads(organization.id);
  const sign = useSignHead(organization.id);
  const [busy, setBusy] = useState(false);
  const signNow = async () => {
    setBusy(true);
    try {
      const { data } = await sign();
      announce(null, { what: `Signed the head at entry ${data.number}` });
    } catch (thrown) {
      announceProblem(thrown);
    } finally {
      setBusy(false);
    }
  };
  const columns: readonly Column<AuditHead>[] = [
    { id: "number", header: "Entry", width: "110px", align: "right", cell: (row) => count(row.number) },
    { id: "at", header: "Signed", width: "150px", cell: (row) => <Time at={row.at} /> },
    { id: "hash", header: "Hash", cell: (row) => <code className={classes.hash}>{row.hash}</code> },
    { id: "kid", header: "Key", width: "160px", cell: (row) => <code>{row.kid}</code> },
    {
      id: "get",
      header: "",
      width: "120px",
      align: "right",
      cell: (row) => (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`Download the head of entry ${row.number}`}
          onClick={() => download(row)}
        >
          Download
        </Button>
      ),
    },
  ];
  return (
    <div className={classes.stack}>
      <Card
        title="Is the log as it was written?"
        subtitle="Every entry holds the hash of the one before. Going over all of them shows whether one was changed or taken out."
        actions={
          <Guarded right="audit:read">
            {(props) => (
              <Button
                variant="default"
                size="xs"
                loading={verification.isFetching}
                onClick={() => void verification.refetch()}
                {...props}
              >
                Verify the chain
              </Button>
            )}
          </Guarded>
        }
      >
        {verification.isError && <Failure problem={asProblem(verification.error)} />}
        {verification.data?.intact === true && (
          <Alert color="green" variant="light" title="The chain is intact" role="status">
            {count(verification.data.entries)} entries are as they were written, seen{" "}
            {absoluteTime(new Date(verification.dataUpdatedAt))}.
          </Alert>
        )}
        {verification.data?.intact === false && (
          <Alert color="red" variant="light" title="The chain is broken" role="alert">
            {verification.data.reason} The first bad entry is {verification.data.first_bad}.
          </Alert>
        )}
        {verification.data === undefined && !verification.isError && (
          <p className={classes.hint}>It has not been verified on this page yet.</p>
        )}
      </Card>
      <Card
        title="Signed heads"
        subtitle="Signed every hour in which something happened. Keep them where nobody owns the database: then not even its owner can write the log anew."
        actions={
          <Guarded right="audit:read">
            {(props) => (
              <Button variant="default" size="xs" loading={busy} onClick={() => void signNow()} {...props}>
                Sign the head now
              </Button>
            )}
          </Guarded>
        }
      >
        <QueryView query={query} part>
          {(heads) => (
            <DataTable
              label="Signed heads"
              rows={heads}
              rowKey={(row) => String(row.number)}
              columns={columns}
              more={more}
              empty={<Empty title="No head has been signed yet" text="Sign one now, or wait for the hour." />}
            />
          )}
        </QueryView>
      </Card>
    </div>
  );
}

/** A file that `control_plane verify-audit --head FILE` reads. */
function download(head: AuditHead): void {
  const url = URL.createObjectURL(new Blob([`${JSON.stringify(head, null, 2)}\n`], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `audit-head-${head.organization}-${head.number}.json`;
  link.click();
  URL.revokeObjectURL(url);
}

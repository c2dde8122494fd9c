import { Button, Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { endOf, LIFETIMES_OR_NEVER } from "@/components/credentials/lifetimes";
import { SecretOnce } from "@/components/credentials/SecretOnce";
import { entitled, inForce, inOrder } from "@/components/credentials/standing";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { useNow } from "@/lib/now";
import { lastUse, OVERLAPS, revokeWords, type Use } from "../model";
import classes from "../pages/keys.module.css";
import { keyUsesQuery, type NewSdkKey, type SdkKey, useKeyWrites, useSdkKeys } from "../queries";
import { Standing } from "./Standing";

type Asked = { readonly what: "create" } | { readonly what: "rotate" | "revoke"; readonly key: SdkKey };

const KINDS = [
  { value: "server", label: "Server", sees: "Sees every flag and its rules: it stays on your servers." },
  { value: "client", label: "Client", sees: "For browsers and phones: sees the values of client-visible flags." },
] as const;

/** Of the chosen environment. */
export function SdkKeys() {
  const { project, environment } = usePlace();
  const { query, more } = useSdkKeys(project.key, environment.key);
  const uses = useQuery(keyUsesQuery(project.key, environment.key));
  const [asked, setAsked] = useState<Asked | null>(null);
  const [made, setMade] = useState<NewSdkKey | null>(null);
  // A clock that ticks may be behind what was just answered: a key that ended at once has ended.
  const now = Math.max(useNow(), query.dataUpdatedAt);
  const create = (
    <Guarded right="sdk_key:manage" environment={environment.key}>
      {(props) => (
        <Button onClick={() => setAsked({ what: "create" })} {...props}>
          Create SDK key
        </Button>
      )}
    </Guarded>
  );
  const columns: readonly Column<SdkKey>[] = [
    { id: "name", header: "Key", cell: (row) => row.name },
    { id: "kind", header: "Kind", width: "110px", cell: (row) => (row.kind === "server" ? "Server" : "Client") },
    { id: "hint", header: "Ends with", width: "120px", cell: (row) => <code>…{row.hint}</code> },
    { id: "standing", header: "State", width: "170px", cell: (row) => <Standing row={row} now={now} /> },
    {
      id: "used",
      header: "Last used",
      width: "130px",
      cell: (row) => <LastUse use={lastUse(row.id, uses.data)} asking={uses.isPending} />,
    },
    { id: "created", header: "Created", width: "130px", cell: (row) => <Time at={row.created_at} /> },
    {
      id: "actions",
      header: "",
      width: "210px",
      align: "right",
      cell: (row) => (inForce(row, now) ? <RowActions row={row} ask={setAsked} /> : null),
    },
  ];
  return (
    <>
      <div className={classes.head}>
        <p className={classes.hint}>
          Applications open {environment.name} with one of these. A key is shown once, when it is made.
        </p>
        {create}
      </div>
      <QueryView query={query}>
        {(rows) => (
          <DataTable
            label={`SDK keys of ${environment.name}`}
            rows={inOrder(rows, now)}
            rowKey={(row) => row.id}
            columns={columns}
            more={more}
            empty={
              <Empty
                title={`${environment.name} has no SDK key`}
                text="No application can evaluate flags in it before it has one."
                action={create}
              />
            }
          />
        )}
      </QueryView>
      {asked !== null && <KeyDialog asked={asked} uses={uses.data} close={() => setAsked(null)} onMade={setMade} />}
      <SecretOnce
        title="The new SDK key"
        secret={made?.key ?? null}
        label={made === null ? "" : `${made.name}, a ${made.kind} key of ${environment.name}`}
        onClose={() => setMade(null)}
      />
    </>
  );
}

function RowActions({ row, ask }: { readonly row: SdkKey; readonly ask: (asked: Asked) => void }) {
  const { environment } = usePlace();
  return (
    <span className={classes.actions}>
      <Guarded right="sdk_key:manage" environment={environment.key}>
        {(props) => (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`Rotate ${entitled(row)}`}
            onClick={() => ask({ what: "rotate", key: row })}
            {...props}
          >
            Rotate
          </Button>
        )}
      </Guarded>
      <Guarded right="sdk_key:manage" environment={environment.key}>
        {(props) => (
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            aria-label={`Revoke ${entitled(row)}`}
            onClick={() => ask({ what: "revoke", key: row })}
            {...props}
          >
            Revoke
          </Button>
        )}
      </Guarded>
    </span>
  );
}

function LastUse({ use, asking }: { readonly use: Use; readonly asking: boolean }) {
  if (!use.known) return <span title="Analytics could not be asked">{asking ? "" : "not known"}</span>;
  if (use.at === null) return <span title="Nothing has arrived under it, as of a minute ago">never used</span>;
  return <Time at={use.at} />;
}

interface DialogProps {
  readonly asked: Asked;
  readonly uses: ReadonlyMap<string, string | null> | undefined;
  readonly close: () => void;
  readonly onMade: (key: NewSdkKey) => void;
}

function KeyDialog({ asked, uses, close, onMade }: DialogProps) {
  const { project, environment } = usePlace();
  const writes = useKeyWrites(project.key, environment.key);
  const [name, setName] = useState("");
  const [kind, setKind] = useState<"server" | "client">("server");
  const [lifetime, setLifetime] = useState("never");
  const [overlap, setOverlap] = useState("86400");
  const [reason, setReason] = useState("");
  const demanded = environment.reason_required;
  const words = {
    create: { title: `Create an SDK key of ${environment.name}`, confirm: "Create the key" },
    rotate: { title: "Rotate the key", confirm: "Rotate the key" },
    revoke: { title: "Revoke the key", confirm: "Revoke the key" },
  }[asked.what];
  const submit = async () => {
    if (asked.what === "create") {
      const written = await writes.create({ name: name.trim(), kind, expires_at: endOf(lifetime, Date.now()) }, reason);
      announce(written, { what: `Created the SDK key ${name.trim()}` });
      onMade(written.data);
    } else if (asked.what === "rotate") {
      const written = await writes.rotate(asked.key.id, Number(overlap), reason);
      announce(written, { what: `Rotated the SDK key ${asked.key.name}` });
      onMade(written.data);
    } else {
      announce(await writes.revoke(asked.key.id, reason), { what: `Revoked the SDK key ${asked.key.name}` });
    }
  };
  const incomplete =
    asked.what === "create" && name.trim() === ""
      ? "Give it a name"
      : demanded && reason.trim() === ""
        ? "Say why"
        : "";
  return (
    <FormDialog
      opened
      onClose={close}
      title={words.title}
      confirm={words.confirm}
      incomplete={incomplete}
      onSubmit={submit}
    >
      {asked.what === "create" && (
        <>
          <TextInput
            label="Name"
            data-path="name"
            description="Of the application that will have it"
            required
            data-autofocus
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label="Kind"
            data-path="kind"
            description={KINDS.find((each) => each.value === kind)?.sees}
            data={KINDS.map(({ value, label }) => ({ value, label }))}
            allowDeselect={false}
            value={kind}
            onChange={(next) => setKind(next === "client" ? "client" : "server")}
          />
          <Select
            label="Ends"
            data-path="expires_at"
            data={LIFETIMES_OR_NEVER.map((each) => ({ ...each }))}
            allowDeselect={false}
            value={lifetime}
            onChange={(next) => setLifetime(next ?? "never")}
          />
        </>
      )}
      {asked.what === "rotate" && (
        <>
          <span>
            <strong>{asked.key.name}</strong> gets a successor with the same rights, shown once.
          </span>
          <Select
            label="The old key ends"
            data-path="overlap_seconds"
            data={OVERLAPS.map((each) => ({ ...each }))}
            allowDeselect={false}
            value={overlap}
            onChange={(next) => setOverlap(next ?? "86400")}
          />
        </>
      )}
      {asked.what === "revoke" && (
        <span>
          {revokeWords(lastUse(asked.key.id, uses), Date.now())} Whatever still asks with{" "}
          <strong>{asked.key.name}</strong> (<code>…{asked.key.hint}</code>) is refused by every edge from now on. It
          can't be taken back.
        </span>
      )}
      {demanded && (
        <Textarea
          label="Reason"
          data-path="X-Verdict-Reason"
          required
          autosize
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
    </FormDialog>
  );
}

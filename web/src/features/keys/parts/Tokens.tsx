import { Button, Modal, MultiSelect, Select, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { CopyOnce } from "@/components/CopyOnce";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { useNow } from "@/lib/now";
import { endOf, entitled, inOrder, LIFETIMES, standing } from "../model";
import classes from "../pages/keys.module.css";
import { type NewToken, type Right, rightsQuery, type Token, useTokens, useTokenWrites } from "../queries";
import { Standing } from "./Standing";

const ROLES = ["viewer", "analyst", "developer", "administrator", "owner"] as const;

/** Of the organization: what programs have of their own. */
export function Tokens() {
  const { organization, project, environments } = usePlace();
  const { query, more } = useTokens(organization.id);
  const writes = useTokenWrites(organization.id);
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<NewToken | null>(null);
  const [revoked, setRevoked] = useState<Token | null>(null);
  const now = Math.max(useNow(), query.dataUpdatedAt);
  const create = (
    <Guarded right="token:manage">
      {(props) => (
        <Button onClick={() => setCreating(true)} {...props}>
          Create a token
        </Button>
      )}
    </Guarded>
  );
  const where = (row: Token): string => {
    if (row.environment_id !== null)
      return environments.find((each) => each.id === row.environment_id)?.name ?? "an environment of another project";
    if (row.project_id !== null) return row.project_id === project.id ? project.name : "another project";
    return organization.name;
  };
  const columns: readonly Column<Token>[] = [
    { id: "name", header: "Token", cell: (row) => row.name },
    {
      id: "role",
      header: "May",
      width: "22%",
      cell: (row) =>
        `${row.rights === null ? row.role : `${row.rights.length} rights of ${row.role}`} in ${where(row)}`,
    },
    { id: "hint", header: "Ends with", width: "130px", cell: (row) => <code>…{row.hint}</code> },
    { id: "maker", header: "Made by", width: "18%", cell: (row) => row.created_by?.email ?? "somebody who has left" },
    {
      id: "used",
      header: "Last used",
      width: "130px",
      cell: (row) => (row.last_used_at === null ? "never" : <Time at={row.last_used_at} />),
    },
    { id: "standing", header: "State", width: "170px", cell: (row) => <Standing row={row} now={now} /> },
    {
      id: "actions",
      header: "",
      width: "100px",
      align: "right",
      cell: (row) =>
        ["in force", "ends"].includes(standing(row, now)) ? (
          <Guarded right="token:manage">
            {(props) => (
              <Button
                size="compact-sm"
                variant="subtle"
                color="red"
                aria-label={`Revoke ${entitled(row)}`}
                onClick={() => setRevoked(row)}
                {...props}
              >
                Revoke
              </Button>
            )}
          </Guarded>
        ) : null,
    },
  ];
  return (
    <>
      <div className={classes.head}>
        <p className={classes.hint}>
          For CI and programs, at the control plane and at analytics. A token may what its role says and its maker still
          may.
        </p>
        {create}
      </div>
      <QueryView query={query}>
        {(rows) => (
          <DataTable
            label={`Tokens of ${organization.name}`}
            rows={inOrder(rows, now)}
            rowKey={(row) => row.id}
            columns={columns}
            more={more}
            empty={
              <Empty
                title="No program has a token"
                text="Give CI, Terraform or a script rights of its own, for one project or environment."
                action={create}
              />
            }
          />
        )}
      </QueryView>
      {creating && <CreateDialog close={() => setCreating(false)} onMade={setMade} />}
      <Modal
        opened={made !== null}
        onClose={() => setMade(null)}
        title="The new token"
        size="lg"
        closeOnClickOutside={false}
      >
        {made !== null && (
          <Stack>
            <CopyOnce secret={made.token} label={made.name} />
            <Button onClick={() => setMade(null)}>I have copied it</Button>
          </Stack>
        )}
      </Modal>
      <ConfirmDialog
        opened={revoked !== null}
        onClose={() => setRevoked(null)}
        title="Revoke the token"
        confirm="Revoke the token"
        tone="danger"
        onConfirm={async () => {
          if (revoked !== null)
            announce(await writes.revoke(revoked.id), { what: `Revoked the token ${revoked.name}` });
        }}
      >
        Whatever uses {revoked?.name} is refused from the next request on. It can't be taken back.
      </ConfirmDialog>
    </>
  );
}

function CreateDialog({ close, onMade }: { readonly close: () => void; readonly onMade: (token: NewToken) => void }) {
  const { organization, project, environments } = usePlace();
  const writes = useTokenWrites(organization.id);
  const [name, setName] = useState("");
  const [role, setRole] = useState<string>("developer");
  const [place, setPlace] = useState("project");
  const [narrowed, setNarrowed] = useState<readonly Right[]>([]);
  const rights = (useQuery(rightsQuery).data ?? [])
    .filter((each) => each.roles.includes(role))
    .map((each) => each.right);
  const [lifetime, setLifetime] = useState("90");
  return (
    <FormDialog
      opened
      onClose={close}
      title="Create a token"
      confirm="Create the token"
      incomplete={name.trim() === "" ? "Give it a name" : ""}
      onSubmit={async () => {
        const environment = environments.find((each) => each.id === place);
        const written = await writes.create({
          name: name.trim(),
          role,
          expires_at: endOf(lifetime, Date.now()),
          ...(place === "organization" ? {} : { project: project.key }),
          ...(environment === undefined ? {} : { environment: environment.key }),
          ...(narrowed.length === 0 ? {} : { rights: [...narrowed] }),
        });
        announce(written, { what: `Created the token ${name.trim()}` });
        onMade(written.data);
      }}
    >
      <TextInput
        label="Name"
        description="Of the program that will have it"
        required
        data-autofocus
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label="Role"
        data={[...ROLES]}
        allowDeselect={false}
        value={role}
        onChange={(next) => setRole(next ?? "viewer")}
      />
      <Select
        label="Where"
        data={[
          { value: "organization", label: `All of ${organization.name}` },
          { value: "project", label: `The project ${project.name}` },
          ...environments.map((each) => ({ value: each.id, label: `Only ${each.name} of ${project.name}` })),
        ]}
        allowDeselect={false}
        value={place}
        onChange={(next) => setPlace(next ?? "project")}
      />
      <MultiSelect
        label="Only these rights"
        placeholder={narrowed.length === 0 ? "All that the role gives" : ""}
        searchable
        clearable
        clearButtonProps={{ "aria-label": "Clear the rights" }}
        data={rights}
        value={[...narrowed]}
        onChange={(next) => setNarrowed(rights.filter((each) => next.includes(each)))}
      />
      <Select
        label="Ends"
        data={LIFETIMES.map((each) => ({ ...each }))}
        allowDeselect={false}
        value={lifetime}
        onChange={(next) => setLifetime(next ?? "90")}
      />
    </FormDialog>
  );
}

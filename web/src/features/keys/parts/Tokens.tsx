import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Address } from "@/components/Address";
import { announce } from "@/components/announce";
import { endOf, LIFETIMES_OR_NEVER } from "@/components/credentials/lifetimes";
import { RevokeToken } from "@/components/credentials/RevokeToken";
import { ROLES } from "@/components/credentials/roles";
import { SecretOnce } from "@/components/credentials/SecretOnce";
import { entitled, inForce, inOrder } from "@/components/credentials/standing";
import { TokenForm } from "@/components/credentials/TokenForm";
import { useTokenPlaces } from "@/components/credentials/token-place";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { useNow } from "@/lib/now";
import classes from "../pages/keys.module.css";
import { type NewToken, type Right, rightsQuery, type Token, useTokens, useTokenWrites } from "../queries";
import { Standing } from "./Standing";

/** Of the organization: what programs have of their own. */
export function Tokens() {
  const { organization } = usePlace();
  const places = useTokenPlaces();
  const rights = useQuery(rightsQuery).data ?? [];
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
          Create token
        </Button>
      )}
    </Guarded>
  );
  const columns: readonly Column<Token>[] = [
    { id: "name", header: "Token", cell: (row) => row.name },
    {
      id: "role",
      header: "May",
      width: "22%",
      cell: (row) =>
        `${row.rights === null ? row.role : `${row.rights.length} rights of ${row.role}`} in ${places.words(row)}`,
    },
    { id: "hint", header: "Ends with", width: "130px", cell: (row) => <code>…{row.hint}</code> },
    {
      id: "maker",
      header: "Made by",
      width: "18%",
      cell: (row) => (row.created_by === null ? "somebody who has left" : <Address email={row.created_by.email} />),
    },
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
        inForce(row, now) ? (
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
      {creating && (
        <TokenForm<Right>
          title="Create a token"
          named="Of the program that will have it"
          roles={ROLES}
          firstRole="developer"
          lifetimes={LIFETIMES_OR_NEVER}
          rightsOf={(role) => rights.filter((each) => each.roles.includes(role)).map((each) => each.right)}
          onClose={() => setCreating(false)}
          onSubmit={async ({ body, lifetime, rights: narrowed }) => {
            const written = await writes.create({
              ...body,
              expires_at: endOf(lifetime, Date.now()),
              ...(narrowed.length === 0 ? {} : { rights: [...narrowed] }),
            });
            announce(written, { what: `Created the token ${body.name}` });
            setMade(written.data);
          }}
        />
      )}
      <SecretOnce
        title="The new token"
        secret={made?.token ?? null}
        label={made?.name ?? ""}
        onClose={() => setMade(null)}
      />
      <RevokeToken token={revoked} onClose={() => setRevoked(null)} revoke={writes.revoke} />
    </>
  );
}

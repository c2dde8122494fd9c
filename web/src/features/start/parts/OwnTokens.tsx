import { Button, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { Card } from "@/components/Card";
import { endIn, LIFETIMES } from "@/components/credentials/lifetimes";
import { RevokeToken } from "@/components/credentials/RevokeToken";
import { rolesUpTo } from "@/components/credentials/roles";
import { SecretOnce } from "@/components/credentials/SecretOnce";
import { entitled, inForce, inOrder } from "@/components/credentials/standing";
import { TokenForm } from "@/components/credentials/TokenForm";
import { useTokenPlaces } from "@/components/credentials/token-place";
import { type Column, DataTable } from "@/components/DataTable";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { useNow } from "@/lib/now";
import { createOwnToken, type NewOwnToken, type OwnToken, ownTokensQuery, revokeOwnToken } from "../queries";

/** Of the person, in the organization of the project that they came from. */
export function OwnTokens() {
  const { organization } = usePlace();
  const query = useQuery(ownTokensQuery(organization.id));
  const client = useQueryClient();
  const places = useTokenPlaces();
  const roles = rolesUpTo(organization.role);
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<NewOwnToken | null>(null);
  const [revoked, setRevoked] = useState<OwnToken | null>(null);
  // A clock that ticks may be behind what was just answered.
  const now = Math.max(useNow(), query.dataUpdatedAt);
  const readAgain = () => client.invalidateQueries({ queryKey: ownTokensQuery(organization.id).queryKey });
  const columns: readonly Column<OwnToken>[] = [
    { id: "name", header: "Token", cell: (row) => row.name },
    { id: "role", header: "May", cell: (row) => `${row.role} in ${places.words(row)}` },
    { id: "hint", header: "Ends with", width: "110px", cell: (row) => <code>…{row.hint}</code> },
    {
      id: "used",
      header: "Last used",
      width: "120px",
      cell: (row) => (row.last_used_at === null ? "never" : <Time at={row.last_used_at} />),
    },
    { id: "ends", header: "Ends", width: "120px", cell: (row) => <Time at={row.expires_at} /> },
    {
      id: "revoke",
      header: "",
      align: "right",
      width: "90px",
      cell: (row) => (
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          aria-label={`Revoke ${entitled(row)}`}
          onClick={() => setRevoked(row)}
        >
          Revoke
        </Button>
      ),
    },
  ];
  return (
    <Card
      title="Tokens"
      subtitle={`For your own programs in ${organization.name}. Each may at most what you may yourself.`}
      actions={
        <Button size="xs" variant="default" onClick={() => setCreating(true)}>
          Create token
        </Button>
      }
    >
      <QueryView query={query} part>
        {(tokens) => (
          <DataTable
            label="Your tokens"
            rows={inOrder(tokens, now).filter((each) => inForce(each, now))}
            rowKey={(row) => row.id}
            columns={columns}
            empty={
              <Text>You have no token. A script or a command line signs in with one instead of your password.</Text>
            }
          />
        )}
      </QueryView>
      {creating && (
        <TokenForm
          title="Create a token of your own"
          named="Of what will use it"
          roles={roles}
          firstRole={roles[0] ?? "viewer"}
          roleHint="Less is better: it reads with viewer"
          lifetimes={LIFETIMES}
          onClose={() => setCreating(false)}
          onSubmit={async ({ body, lifetime }) => {
            const expires_at = endIn(lifetime, Date.now());
            const written = await createOwnToken(organization.id, { ...body, expires_at });
            announce(written, { what: `Created the token ${body.name}` });
            setMade(written.data);
            await readAgain();
          }}
        />
      )}
      <SecretOnce
        title="The new token"
        secret={made?.token ?? null}
        label={made?.name ?? ""}
        onClose={() => setMade(null)}
      />
      <RevokeToken
        token={revoked}
        onClose={() => setRevoked(null)}
        revoke={async (id) => {
          const written = await revokeOwnToken(organization.id, id);
          await readAgain();
          return written;
        }}
      />
    </Card>
  );
}

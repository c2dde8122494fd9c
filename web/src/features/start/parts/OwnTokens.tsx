import { Button, Modal, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { CopyOnce } from "@/components/CopyOnce";
import { type Column, DataTable } from "@/components/DataTable";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { useNow } from "@/lib/now";
import { shown } from "../own-tokens";
import { type NewOwnToken, type OwnToken, ownTokensQuery, revokeOwnToken } from "../queries";
import { OwnTokenForm } from "./OwnTokenForm";

/** Of the person, in the organization of the project that they came from. */
export function OwnTokens() {
  const { organization, project, environments } = usePlace();
  const query = useQuery(ownTokensQuery(organization.id));
  const client = useQueryClient();
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<NewOwnToken | null>(null);
  const [revoked, setRevoked] = useState<OwnToken | null>(null);
  // A clock that ticks may be behind what was just answered.
  const now = Math.max(useNow(), query.dataUpdatedAt);
  const readAgain = () => client.invalidateQueries({ queryKey: ownTokensQuery(organization.id).queryKey });
  const where = (row: OwnToken): string => {
    if (row.environment_id !== null)
      return environments.find((each) => each.id === row.environment_id)?.name ?? "an environment of another project";
    if (row.project_id !== null) return row.project_id === project.id ? project.name : "another project";
    return organization.name;
  };
  const columns: readonly Column<OwnToken>[] = [
    { id: "name", header: "Token", cell: (row) => row.name },
    { id: "role", header: "May", cell: (row) => `${row.role} in ${where(row)}` },
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
          aria-label={`Revoke ${row.name}, ending in ${row.hint}`}
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
          Create a token
        </Button>
      }
    >
      <QueryView query={query} part>
        {(tokens) => (
          <DataTable
            label="Your tokens"
            rows={shown(tokens, now)}
            rowKey={(row) => row.id}
            columns={columns}
            empty={
              <Text>You have no token. A script or a command line signs in with one instead of your password.</Text>
            }
          />
        )}
      </QueryView>
      {creating && (
        <OwnTokenForm
          close={() => setCreating(false)}
          onMade={(token) => {
            setMade(token);
            void readAgain();
          }}
        />
      )}
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
          if (revoked === null) return;
          announce(await revokeOwnToken(organization.id, revoked.id), { what: `Revoked the token ${revoked.name}` });
          await readAgain();
        }}
      >
        Whatever uses {revoked?.name} is refused from the next request on. It can't be taken back.
      </ConfirmDialog>
    </Card>
  );
}

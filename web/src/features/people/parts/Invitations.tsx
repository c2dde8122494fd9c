import { Button, Modal, Select, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Address } from "@/components/Address";
import { announce, announceProblem } from "@/components/announce";
import { CopyOnce } from "@/components/CopyOnce";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import classes from "../pages/people.module.css";
import { type Invitation, invitationsQuery, type NewInvitation, rolesQuery, usePeopleWrites } from "../queries";

export function Invitations() {
  const { organization } = usePlace();
  const query = useQuery(invitationsQuery(organization.id));
  const writes = usePeopleWrites(organization.id);
  const end = async (row: Invitation) => {
    try {
      announce(await writes.uninvite(row.id), { what: `The invitation of ${row.email} is ended` });
    } catch (thrown) {
      announceProblem(thrown);
    }
  };
  const columns: readonly Column<Invitation>[] = [
    { id: "email", header: "Invited", cell: (row) => <Address email={row.email} /> },
    { id: "role", header: "As", width: "20%", cell: (row) => row.role },
    {
      id: "way",
      header: "Link",
      width: "22%",
      cell: (row) => (row.mailed ? "sent by mail" : "handed over by who invited"),
    },
    { id: "end", header: "Ends", width: "140px", cell: (row) => <Time at={row.expires_at} /> },
    {
      id: "actions",
      header: "",
      width: "120px",
      align: "right",
      cell: (row) => (
        <Guarded right="member:manage">
          {(props) => (
            <Button
              size="compact-sm"
              variant="subtle"
              color="red"
              aria-label={`End the invitation of ${row.email}`}
              onClick={() => void end(row)}
              {...props}
            >
              End
            </Button>
          )}
        </Guarded>
      ),
    },
  ];
  return (
    <>
      <div className={classes.head}>
        <p className={classes.hint}>A link is good once, for a week. Inviting somebody again replaces theirs.</p>
        <InviteButton />
      </div>
      <QueryView query={query}>
        {(rows) => (
          <DataTable
            label="Open invitations"
            rows={rows}
            rowKey={(row) => row.id}
            columns={columns}
            empty={<Empty title="No invitation is open" action={<InviteButton />} />}
          />
        )}
      </QueryView>
    </>
  );
}

export function InviteButton() {
  const [opened, setOpened] = useState(false);
  const [made, setMade] = useState<NewInvitation | null>(null);
  return (
    <>
      <Guarded right="member:manage">
        {(props) => (
          <Button onClick={() => setOpened(true)} {...props}>
            Invite somebody
          </Button>
        )}
      </Guarded>
      {opened && <InviteDialog close={() => setOpened(false)} onMade={setMade} />}
      <Modal opened={made !== null} onClose={() => setMade(null)} title="The invitation" size="lg">
        {made !== null && (
          <Stack>
            {made.link === null ? (
              <span>It was mailed to {made.email}.</span>
            ) : (
              <CopyOnce secret={made.link} label={`Hand this link to ${made.email}`} />
            )}
            <Button onClick={() => setMade(null)}>Done</Button>
          </Stack>
        )}
      </Modal>
    </>
  );
}

function InviteDialog({
  close,
  onMade,
}: {
  readonly close: () => void;
  readonly onMade: (made: NewInvitation) => void;
}) {
  const { organization } = usePlace();
  const roles = useQuery(rolesQuery(organization.id)).data ?? [];
  const writes = usePeopleWrites(organization.id);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("developer");
  return (
    <FormDialog
      opened
      onClose={close}
      title={`Invite somebody to ${organization.name}`}
      confirm="Invite"
      incomplete={email.includes("@") ? "" : "Type an e-mail address"}
      onSubmit={async () => {
        const made = await writes.invite({ email: email.trim(), role });
        announce(made, { what: `Invited ${email.trim()}`, undo: () => writes.uninvite(made.data.id) });
        onMade(made.data);
      }}
    >
      <TextInput
        type="email"
        label="E-mail address"
        data-path="email"
        required
        data-autofocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <Select
        label="Role in the organization"
        data-path="role"
        data={roles.map((each) => ({ value: each.key, label: each.name }))}
        allowDeselect={false}
        value={role}
        onChange={(next) => setRole(next ?? "viewer")}
        description={roles.find((each) => each.key === role)?.description}
      />
    </FormDialog>
  );
}

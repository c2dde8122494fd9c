import { Button, Modal, Select, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Address } from "@/components/Address";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { CopyOnce } from "@/components/CopyOnce";
import { Guarded } from "@/components/Guarded";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { memberQuery } from "@/components/queries";
import { Time } from "@/components/Time";
import { pagePath, useParams } from "@/lib/url";
import { heldWords } from "../model";
import { BindDialog } from "../parts/BindDialog";
import { RightsTable } from "../parts/RightsTable";
import {
  type HeldRole,
  type Member,
  type MemberPermissions,
  memberPermissionsQuery,
  rightsQuery,
  rolesQuery,
  usePeopleWrites,
} from "../queries";
import classes from "./people.module.css";

const NONE = "$none";

/** What may they do here, and why. */
export default function PersonPage() {
  const { key } = useParams();
  const { organization } = usePlace();
  const query = useQuery(memberQuery(organization.id, key));
  return <QueryView query={query}>{(member) => <Person member={member} />}</QueryView>;
}

function Person({ member }: { readonly member: Member }) {
  const { organization, project } = usePlace();
  const permissions = useQuery(memberPermissionsQuery(organization.id, member.id, project.key));
  const rights = useQuery(rightsQuery).data ?? [];
  return (
    <>
      <PageHeader
        back={{ label: "People and roles", to: pagePath(project.key, "people") }}
        title={member.name || <Address email={member.email} />}
        subtitle={
          <>
            {member.deactivated_at !== null && <Badge tone="caution">Deactivated: may do nothing</Badge>}{" "}
            {member.name !== "" && <>{member.email} · </>}Member of {organization.name} since{" "}
            <Time at={member.created_at} />
          </>
        }
        actions={<PersonActions member={member} />}
      />
      <div className={classes.stack}>
        <QueryView query={permissions}>
          {(found) => (
            <>
              <Roles member={member} permissions={found} />
              <Card
                title={`What they may do in ${project.name}, and why`}
                subtitle="The number says which of the roles above gives it."
              >
                <RightsTable all={rights.map((each) => each.right)} permissions={found} />
              </Card>
            </>
          )}
        </QueryView>
      </div>
    </>
  );
}

function Roles({ member, permissions }: { readonly member: Member; readonly permissions: MemberPermissions }) {
  const { organization } = usePlace();
  const writes = usePeopleWrites(organization.id);
  const roles = useQuery(rolesQuery(organization.id)).data ?? [];
  const [binding, setBinding] = useState(false);
  const takeAway = async ({ role, binding, project, environment }: HeldRole) => {
    if (binding === null) return;
    const where = { ...(project === null ? {} : { project }), ...(environment === null ? {} : { environment }) };
    try {
      announce(await writes.unbind(binding), {
        what: `Took away ${role}`,
        undo: () => writes.bind({ user: member.id, role, ...where }),
      });
    } catch (thrown) {
      announceProblem(thrown);
    }
  };
  const change = async (role: string | null) => {
    try {
      const written = await writes.changeRole(member, role);
      announce(written, {
        what: `Changed the role of ${member.email}`,
        undo: () => writes.changeRole(written.data, member.role),
      });
    } catch (thrown) {
      announceProblem(thrown);
    }
  };
  return (
    <Card
      title="Roles that matter here"
      actions={
        <Guarded right="member:manage">
          {(props) => (
            <Button size="xs" variant="default" onClick={() => setBinding(true)} {...props}>
              Give a role
            </Button>
          )}
        </Guarded>
      }
    >
      {permissions.roles.length === 0 && (
        <p className={classes.hint}>They hold no role here, so they see nothing of this project.</p>
      )}
      <ol className={classes.list}>
        {permissions.roles.map((each, index) => (
          <li key={each.binding ?? "member"}>
            <span>
              <strong>{index + 1}</strong> {heldWords(each)}
            </span>
            {each.binding !== null && each.group === null && (
              <Guarded right="member:manage">
                {(props) => (
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    color="red"
                    aria-label={`Take away ${heldWords(each)}`}
                    onClick={() => void takeAway(each)}
                    {...props}
                  >
                    Take away
                  </Button>
                )}
              </Guarded>
            )}
          </li>
        ))}
      </ol>
      <Guarded right="member:manage">
        {(props) => (
          <Select
            mt="sm"
            maw={360}
            label="Role in the whole organization"
            data={[
              { value: NONE, label: "None: only what is bound to them" },
              ...roles.map((each) => ({ value: each.key, label: each.name })),
            ]}
            allowDeselect={false}
            value={member.role ?? NONE}
            disabled={props["aria-disabled"] === true}
            onChange={(next) => void change(next === NONE ? null : next)}
          />
        )}
      </Guarded>
      {binding && (
        <BindDialog
          title={`Give ${member.email} a role`}
          subject={{ user: member.id }}
          close={() => setBinding(false)}
        />
      )}
    </Card>
  );
}

function PersonActions({ member }: { readonly member: Member }) {
  const { organization, project } = usePlace();
  const navigate = useNavigate();
  const writes = usePeopleWrites(organization.id);
  const [asked, setAsked] = useState<"reset" | "remove" | null>(null);
  const [link, setLink] = useState<string | null>(null);
  return (
    <>
      <Guarded right="member:manage">
        {(props) => (
          <Button variant="default" onClick={() => setAsked("reset")} {...props}>
            Reset the password
          </Button>
        )}
      </Guarded>
      <Guarded right="member:manage">
        {(props) => (
          <Button variant="outline" color="red" onClick={() => setAsked("remove")} {...props}>
            Remove from {organization.name}
          </Button>
        )}
      </Guarded>
      <ConfirmDialog
        opened={asked === "reset"}
        onClose={() => setAsked(null)}
        title="Reset the password"
        confirm="Make a link"
        onConfirm={async () => {
          const made = await writes.resetPassword(member.id);
          announce(made, { what: `A link for ${member.email} is made` });
          setLink(made.data.link);
        }}
      >
        A link lets {member.email} choose another password within a day. It ends all their sessions, which can't be
        taken back.
      </ConfirmDialog>
      <ConfirmDialog
        opened={asked === "remove"}
        onClose={() => setAsked(null)}
        title={`Remove ${member.email}`}
        confirm={`Remove from ${organization.name}`}
        tone="danger"
        onConfirm={async () => {
          announce(await writes.remove(member.id), { what: `Removed ${member.email}` });
          void navigate({ to: pagePath(project.key, "people") });
        }}
      >
        Their roles and their tokens end at once, and that can't be taken back: who comes back is invited anew. Their
        account stays, and what they own goes on naming them.
      </ConfirmDialog>
      <Modal opened={link !== null} onClose={() => setLink(null)} title="The link" size="lg">
        {link !== null && (
          <Stack>
            <CopyOnce secret={link} label={`Hand this link to ${member.email}`} />
            <Button onClick={() => setLink(null)}>Done</Button>
          </Stack>
        )}
      </Modal>
    </>
  );
}

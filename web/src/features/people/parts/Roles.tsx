import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { plural } from "@/lib/format";
import { byNoun, nounWords, verbWords } from "../model";
import classes from "../pages/people.module.css";
import { type Role, rolesQuery, usePeopleWrites } from "../queries";
import { RoleDialog } from "./RoleDialog";

/** The built-in roles, and those that the organization made. */
export function Roles() {
  const { organization } = usePlace();
  const query = useQuery(rolesQuery(organization.id));
  const writes = usePeopleWrites(organization.id);
  const [edited, setEdited] = useState<Role | "new" | null>(null);
  // As it stands now: somebody else may have changed it since the dialog was opened.
  const current = query.data?.find((each) => edited !== null && edited !== "new" && each.key === edited.key);
  const [leaving, setLeaving] = useState<Role | null>(null);
  return (
    <>
      <div className={classes.head}>
        <p className={classes.hint}>
          A role is a set of rights. Rights only add up; in a protected environment they come from roles given for that
          very environment.
        </p>
        <Guarded right="role:manage">
          {(props) => (
            <Button onClick={() => setEdited("new")} {...props}>
              Create role
            </Button>
          )}
        </Guarded>
      </div>
      <QueryView query={query}>
        {(roles) => (
          <div className={classes.stack}>
            {roles.map((each) => (
              <RoleCard key={each.key} role={each} onEdit={() => setEdited(each)} onDelete={() => setLeaving(each)} />
            ))}
          </div>
        )}
      </QueryView>
      {edited !== null && (
        <RoleDialog
          role={edited === "new" ? null : (current ?? edited)}
          close={() => setEdited(null)}
          writes={writes}
        />
      )}
      <ConfirmDialog
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        title="Delete the role"
        confirm="Delete the role"
        tone="danger"
        onConfirm={async () => {
          if (leaving === null) return;
          const { key, name, description, rights } = leaving;
          announce(await writes.removeRole(key), {
            what: `Deleted the role ${name}`,
            undo: () => writes.createRole({ key, name, description, rights }),
          });
        }}
      >
        It is refused while somebody holds it.
      </ConfirmDialog>
    </>
  );
}

function RoleCard({
  role,
  onEdit,
  onDelete,
}: {
  readonly role: Role;
  readonly onEdit: () => void;
  readonly onDelete: () => void;
}) {
  return (
    <Card
      title={role.name}
      subtitle={role.description}
      actions={
        role.built_in ? (
          <Badge>Built in</Badge>
        ) : (
          <>
            <Guarded right="role:manage">
              {(props) => (
                <Button size="xs" variant="default" aria-label={`Edit ${role.name}`} onClick={onEdit} {...props}>
                  Edit
                </Button>
              )}
            </Guarded>
            <Guarded right="role:manage">
              {(props) => (
                <Button
                  size="xs"
                  variant="subtle"
                  color="red"
                  aria-label={`Delete ${role.name}`}
                  onClick={onDelete}
                  {...props}
                >
                  Delete
                </Button>
              )}
            </Guarded>
          </>
        )
      }
    >
      <details>
        <summary>{plural(role.rights.length, "right")}</summary>
        <ul>
          {byNoun(role.rights, []).map((each) => (
            <li key={each.noun}>
              {nounWords(each.noun)}: {each.rights.map((right) => verbWords(right.verb)).join(", ")}
            </li>
          ))}
        </ul>
      </details>
    </Card>
  );
}

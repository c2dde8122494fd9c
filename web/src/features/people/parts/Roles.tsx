import { Button, Checkbox, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { plural } from "@/lib/format";
import { byNoun, keyOf, nounWords, verbWords } from "../model";
import classes from "../pages/people.module.css";
import { type Right, type Role, rightsQuery, rolesQuery, usePeopleWrites } from "../queries";

/** The built-in roles, and those that the organization made. */
export function Roles() {
  const { organization } = usePlace();
  const query = useQuery(rolesQuery(organization.id));
  const writes = usePeopleWrites(organization.id);
  const [edited, setEdited] = useState<Role | "new" | null>(null);
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
        <RoleDialog role={edited === "new" ? null : edited} close={() => setEdited(null)} writes={writes} />
      )}
      <ConfirmDialog
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        title="Delete the role"
        confirm="Delete the role"
        tone="danger"
        onConfirm={async () => {
          if (leaving !== null)
            announce(await writes.removeRole(leaving.key), { what: `Deleted the role ${leaving.name}` });
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

interface DialogProps {
  readonly role: Role | null;
  readonly close: () => void;
  readonly writes: ReturnType<typeof usePeopleWrites>;
}

function RoleDialog({ role, close, writes }: DialogProps) {
  const all = useQuery(rightsQuery).data ?? [];
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const [rights, setRights] = useState<ReadonlySet<Right>>(new Set(role?.rights ?? []));
  const toggle = (right: Right) => {
    const next = new Set(rights);
    if (!next.delete(right)) next.add(right);
    setRights(next);
  };
  const incomplete = keyOf(name) === "" ? "Give it a name" : rights.size === 0 ? "Choose at least one right" : "";
  return (
    <FormDialog
      opened
      onClose={close}
      size="xl"
      title={role === null ? "Create role" : `Edit ${role.name}`}
      confirm={role === null ? "Create the role" : "Save the role"}
      incomplete={incomplete}
      onSubmit={async () => {
        const body = { name: name.trim(), description, rights: [...rights] };
        const done =
          role === null
            ? await writes.createRole({ key: keyOf(name), ...body })
            : await writes.changeRoleRights(role, body);
        announce(done, { what: `Saved the role ${body.name}` });
      }}
    >
      <TextInput
        label="Name"
        required
        data-autofocus
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label="Description"
        autosize
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      {byNoun(
        all.map((each) => each.right),
        [],
      ).map((noun) => (
        <Checkbox.Group
          key={noun.noun}
          label={nounWords(noun.noun)}
          value={noun.rights.map((each) => each.right).filter((each) => rights.has(each))}
        >
          <div className={classes.boxes}>
            {noun.rights.map((each) => (
              <Checkbox
                key={each.right}
                value={each.right}
                label={verbWords(each.verb)}
                onChange={() => toggle(each.right)}
              />
            ))}
          </div>
        </Checkbox.Group>
      ))}
    </FormDialog>
  );
}

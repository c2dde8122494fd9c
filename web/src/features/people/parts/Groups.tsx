import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Empty } from "@/components/Empty";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { plural } from "@/lib/format";
import { keyOf } from "../model";
import classes from "../pages/people.module.css";
import { type Group, groupMembersQuery, groupsQuery, usePeopleWrites } from "../queries";
import { MemberSelect } from "./MemberSelect";

/** Groups hold what is bound to them, and so do their members. */
export function Groups() {
  const { organization } = usePlace();
  const query = useQuery(groupsQuery(organization.id));
  const writes = usePeopleWrites(organization.id);
  const [creating, setCreating] = useState(false);
  const [name, setName] = useState("");
  const create = (
    <Guarded right="group:manage">
      {(props) => (
        <Button onClick={() => setCreating(true)} {...props}>
          Create group
        </Button>
      )}
    </Guarded>
  );
  return (
    <>
      <div className={classes.head}>
        <p className={classes.hint}>
          A role that is bound to a group holds for all its members. A directory keeps the groups that it has made.
        </p>
        {create}
      </div>
      <QueryView query={query}>
        {(groups) =>
          groups.length === 0 ? (
            <Empty
              title="No group yet"
              text="Put people together who may the same, and give the group a role."
              action={create}
            />
          ) : (
            <div className={classes.stack}>
              {groups.map((each) => (
                <GroupCard key={each.id} group={each} writes={writes} />
              ))}
            </div>
          )
        }
      </QueryView>
      {creating && (
        <FormDialog
          opened
          onClose={() => setCreating(false)}
          title="Create group"
          confirm="Create the group"
          incomplete={keyOf(name) === "" ? "Give it a name" : ""}
          onSubmit={async () => {
            const key = keyOf(name);
            announce(await writes.createGroup({ key, name: name.trim() }), {
              what: `Created the group ${name.trim()}`,
              undo: () => writes.removeGroup(key),
            });
            setName("");
          }}
        >
          <TextInput
            label="Name"
            data-path="name key"
            required
            data-autofocus
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </FormDialog>
      )}
    </>
  );
}

function GroupCard({ group, writes }: { readonly group: Group; readonly writes: ReturnType<typeof usePeopleWrites> }) {
  const { organization } = usePlace();
  const query = useQuery(groupMembersQuery(organization.id, group.key));
  const [leaving, setLeaving] = useState(false);
  const kept = group.provisioned;
  const run = async (writing: Promise<Parameters<typeof announce>[0]>, what: string, undo: () => Promise<unknown>) => {
    try {
      announce(await writing, { what, undo });
    } catch (thrown) {
      announceProblem(thrown);
    }
  };
  return (
    <Card
      title={group.name}
      subtitle={plural(group.members, "member")}
      actions={
        kept ? (
          <Badge>Kept by the directory</Badge>
        ) : (
          <Guarded right="group:manage">
            {(props) => (
              <Button
                size="xs"
                variant="subtle"
                color="red"
                aria-label={`Delete ${group.name}`}
                onClick={() => setLeaving(true)}
                {...props}
              >
                Delete
              </Button>
            )}
          </Guarded>
        )
      }
    >
      <QueryView query={query} part>
        {(members) => (
          <>
            <ul className={classes.list}>
              {members.map((each) => (
                <li key={each.id}>
                  {each.email}
                  {!kept && (
                    <Guarded right="group:manage">
                      {(props) => (
                        <Button
                          size="compact-sm"
                          variant="subtle"
                          color="gray"
                          aria-label={`Take ${each.email} out of ${group.name}`}
                          onClick={() =>
                            void run(writes.leave(group.key, each.id), `Took ${each.email} out of ${group.name}`, () =>
                              writes.join(group.key, each.id),
                            )
                          }
                          {...props}
                        >
                          Take out
                        </Button>
                      )}
                    </Guarded>
                  )}
                </li>
              ))}
            </ul>
            {!kept && (
              <MemberSelect
                label={`Add somebody to ${group.name}`}
                without={members.map((each) => each.id)}
                onChoose={(member) =>
                  void run(writes.join(group.key, member.id), `Added ${member.email} to ${group.name}`, () =>
                    writes.leave(group.key, member.id),
                  )
                }
              />
            )}
          </>
        )}
      </QueryView>
      <ConfirmDialog
        opened={leaving}
        onClose={() => setLeaving(false)}
        title="Delete the group"
        confirm={`Delete ${group.name}`}
        tone="danger"
        onConfirm={async () =>
          announce(await writes.removeGroup(group.key), { what: `Deleted the group ${group.name}` })
        }
      >
        What was bound to it is taken from its members, and that can't be taken back. They stay in the organization.
      </ConfirmDialog>
    </Card>
  );
}

import { Button, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { SecretOnce } from "@/components/credentials/SecretOnce";
import { FormDialog } from "@/components/FormDialog";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import classes from "../pages/people.module.css";
import { rolesQuery } from "../queries";
import { provisioningQuery, useSignInWrites } from "../sign-in/queries";

/** Tokens with which a directory keeps people and groups by SCIM. */
export function Directory() {
  const { organization } = usePlace();
  const query = useQuery(provisioningQuery(organization.id));
  const roles = useQuery(rolesQuery(organization.id)).data ?? [];
  const writes = useSignInWrites(organization.id);
  const [creating, setCreating] = useState(false);
  const [name, setName] = useState("");
  const [role, setRole] = useState("viewer");
  const [token, setToken] = useState<string | null>(null);
  const revoke = async (id: string, what: string) => {
    try {
      announce(await writes.revokeToken(id), { what: `Revoked ${what}` });
    } catch (thrown) {
      announceProblem(thrown);
    }
  };
  return (
    <Card
      title="Directory"
      subtitle={
        <>
          SCIM 2.0 at <code>/scim/v2/{organization.key}</code>. Whoever the directory deactivates is out at once.
        </>
      }
      actions={
        <Button size="xs" variant="default" onClick={() => setCreating(true)}>
          Create provisioning token
        </Button>
      }
    >
      <QueryView query={query} part>
        {(tokens) =>
          tokens.length === 0 ? (
            <p className={classes.hint}>No directory keeps people here.</p>
          ) : (
            <ul className={classes.list}>
              {tokens.map((each) => (
                <li key={each.id}>
                  <span>
                    <strong>{each.name}</strong> <code>…{each.hint}</code>{" "}
                    {each.revoked_at !== null && <Badge>Revoked</Badge>}
                    <span className={classes.hint}>
                      {" "}
                      new people become {each.default_role ?? "nothing but what their groups give"}; last used{" "}
                      {each.last_used_at === null ? "never" : <Time at={each.last_used_at} />}
                    </span>
                  </span>
                  {each.revoked_at === null && (
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      color="red"
                      aria-label={`Revoke ${each.name}, ending in ${each.hint}`}
                      onClick={() => void revoke(each.id, each.name)}
                    >
                      Revoke
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
      {creating && (
        <FormDialog
          opened
          onClose={() => setCreating(false)}
          title="Create a provisioning token"
          confirm="Create the token"
          incomplete={name.trim() === "" ? "Give it a name" : ""}
          onSubmit={async () => {
            const made = await writes.createToken(name.trim(), role);
            announce(made, { what: `Created ${name.trim()}` });
            setToken(made.data.token);
          }}
        >
          <TextInput
            label="Name"
            description="Of the directory"
            required
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label="New people become"
            data={roles.map((each) => ({ value: each.key, label: each.name }))}
            allowDeselect={false}
            value={role}
            onChange={(next) => setRole(next ?? "viewer")}
          />
        </FormDialog>
      )}
      <SecretOnce title="The provisioning token" secret={token} label={name} onClose={() => setToken(null)} />
    </Card>
  );
}

import { Button, Checkbox, PasswordInput, Select, TagsInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { FormDialog } from "@/components/FormDialog";
import { QueryView } from "@/components/QueryView";
import classes from "../pages/people.module.css";
import { rolesQuery } from "../queries";
import { type IdentityProvider, providersQuery, useSignInWrites } from "../sign-in/queries";

/** OpenID providers, by which people of verified domains sign in. */
export function Providers() {
  const { organization } = usePlace();
  const query = useQuery(providersQuery(organization.id));
  const writes = useSignInWrites(organization.id);
  const [creating, setCreating] = useState(false);
  const [leaving, setLeaving] = useState<IdentityProvider | null>(null);
  const check = async (provider: IdentityProvider) => {
    try {
      const { data } = await writes.checkProvider(provider.id);
      announce(null, { what: `${provider.name} answers. Register ${data.redirect_uri} there.` });
    } catch (thrown) {
      announceProblem(thrown, `${provider.name} can't be used yet`);
    }
  };
  const change = async (
    provider: IdentityProvider,
    body: Parameters<typeof writes.changeProvider>[1],
    what: string,
  ) => {
    try {
      announce(await writes.changeProvider(provider, body), { what });
    } catch (thrown) {
      announceProblem(thrown);
    }
  };
  return (
    <Card
      title="Identity providers"
      subtitle="Single sign-on by OpenID Connect."
      actions={
        <Button size="xs" variant="default" onClick={() => setCreating(true)}>
          Add provider
        </Button>
      }
    >
      <QueryView query={query} part>
        {(providers) =>
          providers.length === 0 ? (
            <p className={classes.hint}>People sign in with their passwords.</p>
          ) : (
            <ul className={classes.list}>
              {providers.map((each) => (
                <li key={each.id}>
                  <span>
                    <strong>{each.name}</strong>{" "}
                    {each.enabled ? <Badge tone="good">Enabled</Badge> : <Badge>Disabled</Badge>}{" "}
                    {each.enforced && <Badge tone="info">Enforced: passwords open nothing</Badge>}
                    <span className={classes.hint}>
                      {" "}
                      {each.issuer}, for {each.domains.join(", ") || "no domain"}
                      {each.takes_in ? `; takes people in as ${each.default_role ?? "what their groups give"}` : ""}
                    </span>
                  </span>
                  <span className={classes.actions}>
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-label={`Check ${each.name}`}
                      onClick={() => void check(each)}
                    >
                      Check
                    </Button>
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-label={`${each.enabled ? "Disable" : "Enable"} ${each.name}`}
                      onClick={() =>
                        void change(
                          each,
                          { enabled: !each.enabled },
                          `${each.enabled ? "Disabled" : "Enabled"} ${each.name}`,
                        )
                      }
                    >
                      {each.enabled ? "Disable" : "Enable"}
                    </Button>
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-label={`${each.enforced ? "Don't enforce" : "Enforce"} ${each.name}`}
                      onClick={() =>
                        void change(
                          each,
                          { enforced: !each.enforced },
                          `${each.enforced ? "Passwords work again beside" : "Enforced"} ${each.name}`,
                        )
                      }
                    >
                      {each.enforced ? "Don't enforce" : "Enforce"}
                    </Button>
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      color="red"
                      aria-label={`Remove ${each.name}`}
                      onClick={() => setLeaving(each)}
                    >
                      Remove
                    </Button>
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
      {creating && <ProviderDialog close={() => setCreating(false)} />}
      <ConfirmDialog
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        title="Remove the provider"
        confirm="Remove the provider"
        tone="danger"
        onConfirm={async () => {
          if (leaving !== null) announce(await writes.removeProvider(leaving.id), { what: `Removed ${leaving.name}` });
        }}
      >
        Nobody signs in by it any more. Memberships stay.
      </ConfirmDialog>
    </Card>
  );
}

function ProviderDialog({ close }: { readonly close: () => void }) {
  const { organization } = usePlace();
  const writes = useSignInWrites(organization.id);
  const roles = useQuery(rolesQuery(organization.id)).data ?? [];
  const [name, setName] = useState("");
  const [issuer, setIssuer] = useState("");
  const [clientId, setClientId] = useState("");
  const [secret, setSecret] = useState("");
  const [domains, setDomains] = useState<string[]>([]);
  const [takesIn, setTakesIn] = useState(true);
  const [role, setRole] = useState<string | null>("viewer");
  const incomplete =
    name === "" || issuer === "" || clientId === "" || secret === ""
      ? "Fill in name, issuer, client id and secret"
      : "";
  return (
    <FormDialog
      opened
      onClose={close}
      title="Add an identity provider"
      confirm="Add the provider"
      incomplete={incomplete}
      onSubmit={async () =>
        announce(
          await writes.createProvider({
            name,
            issuer,
            client_id: clientId,
            client_secret: secret,
            domains,
            takes_in: takesIn,
            default_role: role,
          }),
          { what: `Added ${name}` },
        )
      }
    >
      <TextInput
        label="Name"
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="Issuer"
        placeholder="https://login.example.com"
        required
        value={issuer}
        onChange={(event) => setIssuer(event.currentTarget.value)}
      />
      <TextInput
        label="Client id"
        required
        autoComplete="off"
        value={clientId}
        onChange={(event) => setClientId(event.currentTarget.value)}
      />
      <PasswordInput
        label="Client secret"
        description="It is sealed, and never shown again."
        required
        autoComplete="off"
        value={secret}
        onChange={(event) => setSecret(event.currentTarget.value)}
      />
      <TagsInput label="Domains" description="Of the verified ones" value={domains} onChange={setDomains} />
      <Checkbox
        label="Take new people in as members"
        checked={takesIn}
        onChange={(event) => setTakesIn(event.currentTarget.checked)}
      />
      {takesIn && (
        <Select
          label="As"
          data={roles.map((each) => ({ value: each.key, label: each.name }))}
          clearable
          clearButtonProps={{ "aria-label": "No role but those of their groups" }}
          value={role}
          onChange={setRole}
        />
      )}
    </FormDialog>
  );
}

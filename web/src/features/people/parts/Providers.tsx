import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { QueryView } from "@/components/QueryView";
import classes from "../pages/people.module.css";
import { type IdentityProvider, providersQuery, useSignInWrites } from "../sign-in/queries";
import { ProviderDialog } from "./ProviderDialog";

/** OpenID providers, by which people of verified domains sign in. */
export function Providers() {
  const { organization } = usePlace();
  const query = useQuery(providersQuery(organization.id));
  const writes = useSignInWrites(organization.id);
  const [edited, setEdited] = useState<IdentityProvider | "new" | null>(null);
  // As it stands now: somebody else may have changed it since the dialog was opened.
  const current = query.data?.find((each) => edited !== null && edited !== "new" && each.id === edited.id);
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
    body: { readonly enabled: boolean } | { readonly enforced: boolean },
    what: string,
  ) => {
    const before = "enabled" in body ? { enabled: provider.enabled } : { enforced: provider.enforced };
    try {
      const written = await writes.changeProvider(provider, body);
      announce(written, { what, undo: () => writes.changeProvider(written.data, before) });
    } catch (thrown) {
      announceProblem(thrown);
    }
  };
  return (
    <Card
      title="Identity providers"
      subtitle="Single sign-on by OpenID Connect."
      actions={
        <Button size="xs" variant="default" onClick={() => setEdited("new")}>
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
                      aria-label={`Edit ${each.name}`}
                      onClick={() => setEdited(each)}
                    >
                      Edit
                    </Button>
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
      {edited !== null && (
        <ProviderDialog provider={edited === "new" ? null : (current ?? edited)} close={() => setEdited(null)} />
      )}
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
        Nobody signs in by it any more, and its client secret is gone: it can't be taken back. Memberships stay.
      </ConfirmDialog>
    </Card>
  );
}

import { Checkbox, PasswordInput, Select, TagsInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { LOOK_FIRST, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { FormDialog } from "@/components/FormDialog";
import { SET } from "@/lib/merge";
import { rolesQuery } from "../queries";
import { type IdentityProvider, providersQuery, useSignInWrites } from "../sign-in/queries";

interface Fields {
  readonly name: string;
  readonly issuer: string;
  readonly client_id: string;
  readonly domains: readonly string[];
  readonly takes_in: boolean;
  readonly default_role: string | null;
}

interface Props {
  /** As it stands now; null for a new one. */
  readonly provider: IdentityProvider | null;
  readonly close: () => void;
}

const NEW: Fields = { name: "", issuer: "", client_id: "", domains: [], takes_in: true, default_role: "viewer" };
const PARTS = { domains: SET } as const;

/** Where it is and what it is called there. Its secret is taken and never shown. */
export function ProviderDialog({ provider, close }: Props) {
  const { organization } = usePlace();
  const writes = useSignInWrites(organization.id);
  const roles = useQuery(rolesQuery(organization.id)).data ?? [];
  const stored = useMemo(() => (provider === null ? NEW : fieldsOf(provider)), [provider]);
  const edited = useSharedDraft({
    stored,
    version: provider?.version ?? 0,
    parts: PARTS,
    readBy: providersQuery(organization.id).queryKey,
    subject: null,
  });
  const { draft, set } = edited;
  const change = (part: Partial<Fields>) => set((before) => ({ ...before, ...part }));
  const [secret, setSecret] = useState("");
  const lacks = draft.name === "" || draft.issuer === "" || draft.client_id === "";
  const incomplete = edited.moved
    ? LOOK_FIRST
    : lacks || (provider === null && secret === "")
      ? "Fill in name, issuer, client id and secret"
      : "";
  const submit = async () => {
    const body = { ...draft, domains: [...draft.domains] };
    if (provider === null) {
      const written = await writes.createProvider({ ...body, client_secret: secret });
      edited.saved(written.data.version);
      announce(written, { what: `Added ${draft.name}`, undo: () => writes.removeProvider(written.data.id) });
      return;
    }
    const before = fieldsOf(provider);
    const written = await writes
      .changeProvider(
        { ...provider, version: edited.version },
        { ...body, ...(secret === "" ? {} : { client_secret: secret }) },
      )
      .catch(edited.readIfStale);
    edited.saved(written.data.version);
    const undo = () => writes.changeProvider(written.data, { ...before, domains: [...before.domains] });
    // A secret that was replaced is known to nobody any more.
    announce(written, { what: `Saved ${draft.name}`, ...(secret === "" ? { undo } : {}) });
  };
  return (
    <FormDialog
      opened
      onClose={close}
      title={provider === null ? "Add an identity provider" : `Edit ${provider.name}`}
      confirm={provider === null ? "Add the provider" : "Save the provider"}
      incomplete={incomplete}
      onSubmit={submit}
    >
      <Meanwhile edited={edited} />
      <TextInput
        label="Name"
        data-path="name"
        required
        data-autofocus
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <TextInput
        label="Issuer"
        data-path="issuer"
        placeholder="https://login.example.com"
        required
        value={draft.issuer}
        onChange={(event) => change({ issuer: event.currentTarget.value })}
      />
      <TextInput
        label="Client id"
        data-path="client_id"
        required
        autoComplete="off"
        value={draft.client_id}
        onChange={(event) => change({ client_id: event.currentTarget.value })}
      />
      <PasswordInput
        data-path="client_secret"
        label={provider === null ? "Client secret" : "Another client secret"}
        description={
          provider === null
            ? "It is sealed, and never shown again."
            : "Left empty, the one that it has stays. One that is replaced can't be brought back."
        }
        required={provider === null}
        autoComplete="off"
        value={secret}
        onChange={(event) => setSecret(event.currentTarget.value)}
      />
      <TagsInput
        label="Domains"
        data-path="domains"
        description="Of the verified ones"
        value={[...draft.domains]}
        onChange={(domains) => change({ domains })}
      />
      <Checkbox
        label="Take new people in as members"
        checked={draft.takes_in}
        onChange={(event) => change({ takes_in: event.currentTarget.checked })}
      />
      {draft.takes_in && (
        <Select
          label="As"
          data-path="default_role"
          data={roles.map((each) => ({ value: each.key, label: each.name }))}
          clearable
          clearButtonProps={{ "aria-label": "No role but those of their groups" }}
          value={draft.default_role}
          onChange={(role) => change({ default_role: role })}
        />
      )}
    </FormDialog>
  );
}

function fieldsOf({ name, issuer, client_id, domains, takes_in, default_role }: IdentityProvider): Fields {
  return { name, issuer, client_id, domains, takes_in, default_role };
}

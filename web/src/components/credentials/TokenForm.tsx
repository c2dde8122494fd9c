import { MultiSelect, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { FormDialog } from "../FormDialog";
import type { Lifetime } from "./lifetimes";
import { PROJECT, type TokenPlace, useTokenPlaces } from "./token-place";

export interface AskedToken<Right extends string> {
  /** As `POST` takes it. */
  readonly body: TokenPlace & { readonly name: string; readonly role: string };
  /** One of `lifetimes`. */
  readonly lifetime: string;
  /** Empty: all that the role gives. */
  readonly rights: readonly Right[];
}

interface Props<Right extends string> {
  readonly title: string;
  /** Whose the name is. */
  readonly named: string;
  readonly roles: readonly string[];
  readonly firstRole: string;
  readonly roleHint?: string;
  readonly lifetimes: readonly Lifetime[];
  /** What a role gives, where a token may have less of it. */
  readonly rightsOf?: (role: string) => readonly Right[];
  readonly onClose: () => void;
  readonly onSubmit: (asked: AskedToken<Right>) => Promise<unknown>;
}

/** What a token is asked for with: whose it is, what it may and where, until when. */
export function TokenForm<Right extends string>({ rightsOf, onClose, onSubmit, ...rest }: Props<Right>) {
  const places = useTokenPlaces();
  const [name, setName] = useState("");
  const [role, setRole] = useState(rest.firstRole);
  const [place, setPlace] = useState(PROJECT);
  const [lifetime, setLifetime] = useState("90");
  const [narrowed, setNarrowed] = useState<readonly Right[]>([]);
  const rights = rightsOf?.(role);
  // Another role may not have what was chosen of the one before.
  const kept = rights?.filter((each) => narrowed.includes(each)) ?? [];
  const body = { name: name.trim(), role, ...places.placeOf(place) };
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={rest.title}
      confirm="Create the token"
      incomplete={name.trim() === "" ? "Give it a name" : ""}
      onSubmit={() => onSubmit({ body, lifetime, rights: kept })}
    >
      <TextInput
        label="Name"
        data-path="name"
        description={rest.named}
        required
        data-autofocus
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label="Role"
        data-path="role"
        description={rest.roleHint}
        data={[...rest.roles]}
        allowDeselect={false}
        value={role}
        onChange={(next) => setRole(next ?? role)}
      />
      <Select
        label="Where"
        data-path="project environment"
        data={places.choices}
        allowDeselect={false}
        value={place}
        onChange={(next) => setPlace(next ?? PROJECT)}
      />
      {rights !== undefined && (
        <MultiSelect
          label="Only these rights"
          data-path="rights"
          placeholder={kept.length === 0 ? "All that the role gives" : ""}
          searchable
          clearable
          clearButtonProps={{ "aria-label": "Clear the rights" }}
          data={[...rights]}
          value={[...kept]}
          onChange={(next) => setNarrowed(rights.filter((each) => next.includes(each)))}
        />
      )}
      <Select
        label="Ends"
        data-path="expires_at"
        data={rest.lifetimes.map((each) => ({ ...each }))}
        allowDeselect={false}
        value={lifetime}
        onChange={(next) => setLifetime(next ?? "90")}
      />
    </FormDialog>
  );
}

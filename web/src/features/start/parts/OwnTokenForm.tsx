import { Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { FormDialog } from "@/components/FormDialog";
import { DAY, LIFETIMES, rolesUpTo } from "../own-tokens";
import { createOwnToken, type NewOwnToken } from "../queries";

interface Props {
  readonly close: () => void;
  readonly onMade: (token: NewOwnToken) => void;
}

export function OwnTokenForm({ close, onMade }: Props) {
  const { organization, project, environments } = usePlace();
  const roles = rolesUpTo(organization.role);
  const [name, setName] = useState("");
  const [role, setRole] = useState(roles[0] ?? "viewer");
  const [place, setPlace] = useState("project");
  const [lifetime, setLifetime] = useState("90");
  const submit = async () => {
    const environment = environments.find((each) => each.id === place);
    const written = await createOwnToken(organization.id, {
      name: name.trim(),
      role,
      expires_at: new Date(Date.now() + Number(lifetime) * DAY).toISOString(),
      ...(place === "organization" ? {} : { project: project.key }),
      ...(environment === undefined ? {} : { environment: environment.key }),
    });
    announce(written, { what: `Created the token ${name.trim()}` });
    onMade(written.data);
  };
  return (
    <FormDialog
      opened
      onClose={close}
      title="Create a token of your own"
      confirm="Create the token"
      incomplete={name.trim() === "" ? "Give it a name" : ""}
      onSubmit={submit}
    >
      <TextInput
        label="Name"
        description="Of what will use it"
        required
        data-autofocus
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label="Role"
        description="Less is better: it reads with viewer"
        data={[...roles]}
        allowDeselect={false}
        value={role}
        onChange={(next) => setRole(next ?? "viewer")}
      />
      <Select
        label="Where"
        data={[
          { value: "organization", label: `All of ${organization.name}` },
          { value: "project", label: `The project ${project.name}` },
          ...environments.map((each) => ({ value: each.id, label: `Only ${each.name} of ${project.name}` })),
        ]}
        allowDeselect={false}
        value={place}
        onChange={(next) => setPlace(next ?? "project")}
      />
      <Select
        label="Ends"
        data={LIFETIMES.map((each) => ({ ...each }))}
        allowDeselect={false}
        value={lifetime}
        onChange={(next) => setLifetime(next ?? "90")}
      />
    </FormDialog>
  );
}

import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { FormDialog } from "@/components/FormDialog";
import { rolesQuery, usePeopleWrites } from "../queries";

interface Props {
  readonly title: string;
  readonly subject: { readonly user: string } | { readonly group: string };
  readonly close: () => void;
}

/** A role for somebody at a place; it holds for all that lies inside. */
export function BindDialog({ title, subject, close }: Props) {
  const { organization, project, environments } = usePlace();
  const roles = useQuery(rolesQuery(organization.id)).data ?? [];
  const writes = usePeopleWrites(organization.id);
  const [role, setRole] = useState("developer");
  const [place, setPlace] = useState("project");
  return (
    <FormDialog
      opened
      onClose={close}
      title={title}
      confirm="Give the role"
      onSubmit={async () => {
        const environment = environments.find((each) => each.id === place);
        const where =
          place === "organization"
            ? {}
            : { project: project.key, ...(environment === undefined ? {} : { environment: environment.key }) };
        const written = await writes.bind({ ...subject, role, ...where });
        announce(written, { what: `Gave the role ${role}`, undo: () => writes.unbind(written.data.id) });
      }}
    >
      <Select
        label="Role"
        data-path="role"
        description={roles.find((each) => each.key === role)?.description}
        data={roles.map((each) => ({ value: each.key, label: each.name }))}
        allowDeselect={false}
        value={role}
        onChange={(next) => setRole(next ?? "viewer")}
      />
      <Select
        label="Where"
        data-path="project environment"
        data={[
          { value: "organization", label: `All of ${organization.name}` },
          { value: "project", label: `The project ${project.name}` },
          ...environments.map((each) => ({
            value: each.id,
            label: `${each.name} of ${project.name}${each.protected ? " (protected)" : ""}`,
          })),
        ]}
        allowDeselect={false}
        value={place}
        onChange={(next) => setPlace(next ?? "project")}
      />
    </FormDialog>
  );
}

import { MultiSelect, Select, TagsInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { FormDialog } from "@/components/FormDialog";
import { choicesOf } from "../model";
import { eventTypesQuery, type Webhook, type WebhookCreate } from "../queries";

interface Props {
  readonly webhook: Webhook | null;
  readonly close: () => void;
  readonly onSubmit: (body: Required<Omit<WebhookCreate, "enabled">>) => Promise<unknown>;
}

/** Where it goes, and what it is told of. */
export function WebhookForm({ webhook, close, onSubmit }: Props) {
  const { organization, project, environments } = usePlace();
  const types = useQuery(eventTypesQuery(organization.id)).data ?? [];
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [events, setEvents] = useState<string[]>(webhook?.events ?? ["*"]);
  const [where, setWhere] = useState(webhook === null || webhook.projects.length > 0 ? "project" : "organization");
  const [within, setWithin] = useState<string[]>(webhook?.environments ?? []);
  const [tags, setTags] = useState<string[]>(webhook?.tags ?? []);
  const kept = webhook?.projects ?? [];
  const incomplete = !/^https?:\/\/./.test(url)
    ? "Type an address that begins with https://"
    : events.length === 0
      ? "Choose what it is told of"
      : "";
  return (
    <FormDialog
      opened
      onClose={close}
      size="lg"
      title={webhook === null ? "Create webhook" : "Edit the webhook"}
      confirm={webhook === null ? "Create the webhook" : "Save the webhook"}
      incomplete={incomplete}
      onSubmit={() =>
        onSubmit({
          url: url.trim(),
          description,
          events,
          projects: where === "organization" ? [] : kept.length > 0 ? kept : [project.key],
          environments: within,
          tags,
        })
      }
    >
      <TextInput
        label="Address"
        description="https, and a public address; receivers inside are named by the operator"
        placeholder="https://hooks.example.com/verdict"
        required
        data-autofocus
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <TextInput
        label="Description"
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <MultiSelect
        label="What it is told of"
        description="* is everything, flag.* all of flags"
        required
        searchable
        limit={80}
        data={[...choicesOf(types)]}
        value={events}
        onChange={setEvents}
      />
      <Select
        label="Where"
        data={[
          { value: "project", label: kept.length > 0 ? kept.join(", ") : project.name },
          { value: "organization", label: `All of ${organization.name}` },
        ]}
        allowDeselect={false}
        value={where}
        onChange={(next) => setWhere(next ?? "project")}
      />
      <MultiSelect
        label="Environments"
        placeholder={within.length === 0 ? "All" : ""}
        data={[...new Set([...environments.map((each) => each.key), ...within])]}
        value={within}
        onChange={setWithin}
      />
      <TagsInput
        label="Tags"
        placeholder={tags.length === 0 ? "Of entities with any tag, or none" : ""}
        value={tags}
        onChange={setTags}
      />
    </FormDialog>
  );
}

import { MultiSelect, Select, TagsInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { usePlace } from "@/api/place";
import { LOOK_FIRST, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { FormDialog } from "@/components/FormDialog";
import { same } from "@/lib/json";
import { SET } from "@/lib/merge";
import { choicesOf } from "../model";
import { eventTypesQuery, type Webhook, type WebhookCreate, webhookQuery } from "../queries";

type Fields = Required<Omit<WebhookCreate, "enabled">>;

interface Props {
  /** As it stands now; null for a new one. */
  readonly webhook: Webhook | null;
  readonly close: () => void;
  /** `version`: the one that was edited. */
  readonly onSubmit: (fields: Fields, version: number) => Promise<{ readonly version: number }>;
}

const PARTS = { events: SET, projects: SET, environments: SET, tags: SET } as const;

/** Where it goes, and what it is told of. What two people add or take away at once is added and taken away. */
export function WebhookForm({ webhook, close, onSubmit }: Props) {
  const { organization, project, environments } = usePlace();
  const types = useQuery(eventTypesQuery(organization.id)).data ?? [];
  const stored = useMemo(
    () => (webhook === null ? newWebhook(project.key) : fieldsOf(webhook)),
    [webhook, project.key],
  );
  const edited = useSharedDraft({
    stored,
    version: webhook?.version ?? 0,
    parts: PARTS,
    readBy: webhookQuery(organization.id, webhook?.id ?? "").queryKey,
    subject: null,
  });
  const { draft, set, base } = edited;
  const change = (part: Partial<Fields>) => set((before) => ({ ...before, ...part }));
  const ownProjects = base.projects.length > 0 ? base.projects : [project.key];
  const incomplete = edited.moved
    ? LOOK_FIRST
    : !/^https?:\/\/./.test(draft.url)
      ? "Type an address that begins with https://"
      : draft.events.length === 0
        ? "Choose what it is told of"
        : "";
  const submit = async () => {
    const written = await onSubmit({ ...draft, url: draft.url.trim() }, edited.version).catch(edited.readIfStale);
    edited.saved(written.version);
  };
  return (
    <FormDialog
      opened
      onClose={close}
      size="lg"
      title={webhook === null ? "Create webhook" : "Edit the webhook"}
      confirm={webhook === null ? "Create the webhook" : "Save the webhook"}
      incomplete={incomplete}
      onSubmit={submit}
    >
      <Meanwhile edited={edited} />
      <TextInput
        label="Address"
        data-path="url"
        description="https, and a public address; receivers inside are named by the operator"
        placeholder="https://hooks.example.com/verdict"
        required
        data-autofocus
        value={draft.url}
        onChange={(event) => change({ url: event.currentTarget.value })}
      />
      <TextInput
        label="Description"
        data-path="description"
        value={draft.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <MultiSelect
        label="What it is told of"
        data-path="events"
        description="* is everything, flag.* all of flags"
        required
        searchable
        limit={80}
        data={[...choicesOf(types)]}
        value={draft.events}
        onChange={(events) => change({ events })}
      />
      <Select
        label="Where"
        data-path="projects"
        data={[
          { value: "project", label: same(ownProjects, [project.key]) ? project.name : ownProjects.join(", ") },
          { value: "organization", label: `All of ${organization.name}` },
        ]}
        allowDeselect={false}
        value={draft.projects.length > 0 ? "project" : "organization"}
        onChange={(next) => change({ projects: next === "organization" ? [] : ownProjects })}
      />
      <MultiSelect
        label="Environments"
        data-path="environments"
        placeholder={draft.environments.length === 0 ? "All" : ""}
        data={[...new Set([...environments.map((each) => each.key), ...draft.environments])]}
        value={draft.environments}
        onChange={(within) => change({ environments: within })}
      />
      <TagsInput
        label="Tags"
        data-path="tags"
        placeholder={draft.tags.length === 0 ? "Of entities with any tag, or none" : ""}
        value={draft.tags}
        onChange={(tags) => change({ tags })}
      />
    </FormDialog>
  );
}

function newWebhook(project: string): Fields {
  return { url: "", description: "", events: ["*"], projects: [project], environments: [], tags: [] };
}

function fieldsOf({ url, description, events, projects, environments, tags }: Webhook): Fields {
  return { url, description, events, projects, environments, tags };
}

import { NumberInput, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { LOOK_FIRST, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { FormDialog } from "@/components/FormDialog";
import {
  type DraftGuard,
  type DraftPlan,
  draftOf,
  guardDocuments,
  incompleteGuards,
  newPlan,
  planDocument,
  storedGuards,
  storedPlan,
} from "../draft";
import { type Template, type TemplateFields, templatesQuery, type useRolloutWrites } from "../queries";
import { GuardFields } from "./GuardFields";
import { PlanFields } from "./PlanFields";
import classes from "./rollouts.module.css";

interface Fields {
  readonly name: string;
  readonly description: string;
  readonly plan: DraftPlan;
  readonly guards: readonly DraftGuard[];
  readonly alpha: number;
}

interface Props {
  /** As it stands now; null for a new one. */
  readonly template: Template | null;
  readonly close: () => void;
  readonly writes: ReturnType<typeof useRolloutWrites>;
}

const NEW: Fields = { name: "", description: "", plan: newPlan, guards: [], alpha: 0.05 };

export function TemplateDialog({ template, close, writes }: Props) {
  const { project } = usePlace();
  const [typedKey, setTypedKey] = useState("");
  const stored = useMemo(() => (template === null ? NEW : draftFields(template)), [template]);
  const edited = useSharedDraft({
    stored,
    version: template?.version ?? 0,
    readBy: templatesQuery(project.key).queryKey,
    subject: null,
  });
  const { draft, set } = edited;
  const change = (part: Partial<Fields>) => set((before) => ({ ...before, ...part }));
  const key = template?.key ?? typedKey;
  // A save would take its place.
  const taken = useQuery(templatesQuery(project.key)).data?.some((each) => each.key === key) === true;
  const incomplete = edited.moved
    ? LOOK_FIRST
    : key === ""
      ? "It needs a key"
      : template === null && taken
        ? "There is a template with this key"
        : incompleteGuards(draft.guards);
  const submit = async () => {
    const body = {
      name: draft.name === "" ? key : draft.name,
      description: draft.description,
      plan: planDocument(draft.plan),
      guards: guardDocuments(draft.guards),
      alpha: draft.alpha,
    };
    const version = template === null ? null : edited.version;
    const written = await writes.saveTemplate(key, body, version).catch(edited.readIfStale);
    edited.saved(written.data.version);
    announce(written, {
      what: `Saved the template ${body.name}`,
      undo: () =>
        template === null
          ? writes.removeTemplate(key, written.data.version)
          : writes.saveTemplate(key, fieldsOf(template), written.data.version),
    });
  };
  return (
    <FormDialog
      opened
      onClose={close}
      size="xl"
      title={template === null ? "Create template" : `Edit ${template.name}`}
      confirm="Save the template"
      incomplete={incomplete}
      onSubmit={submit}
    >
      <Meanwhile edited={edited} />
      <div className={classes.fields}>
        <TextInput
          label="Key"
          data-path="key"
          required
          disabled={template !== null}
          value={key}
          onChange={(event) => setTypedKey(event.currentTarget.value)}
        />
        <TextInput
          label="Name"
          data-path="name"
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <NumberInput
          label="Error rate"
          data-path="alpha"
          min={0.001}
          max={0.5}
          step={0.01}
          value={draft.alpha}
          onChange={(next) => change({ alpha: Number(next) || 0.05 })}
        />
      </div>
      <Textarea
        label="Description"
        data-path="description"
        autosize
        value={draft.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      <PlanFields value={draft.plan} onChange={(plan) => change({ plan })} />
      <GuardFields value={draft.guards} onChange={(guards) => change({ guards })} />
    </FormDialog>
  );
}

/** As a write takes them. */
export function fieldsOf({ name, description, plan, guards, alpha }: Template): TemplateFields {
  return { name, description, plan: storedPlan(plan), guards: storedGuards(guards), alpha };
}

function draftFields({ name, description, plan, guards, alpha }: Template): Fields {
  return { name, description, alpha, ...draftOf(plan, guards) };
}

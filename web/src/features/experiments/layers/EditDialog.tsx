import { NumberInput, Textarea, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, type Problem } from "@/api/problem";
import { announce } from "@/components/announce";
import { LOOK_FIRST, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { FormDialog } from "@/components/FormDialog";
import { undoOf } from "@/components/history/undo";
import { ExperimentChoices } from "@/components/reviewing/ExperimentChoices";
import { choicesOf, disturbedBy } from "@/components/reviewing/problems";
import type { OnExperiments } from "../queries";
import { type Fields, type Holdout, type Kind, type Layer, layersKey, useLayerWrites } from "./queries";

interface Props {
  readonly kind: Kind;
  readonly entity: Layer | Holdout;
  readonly onClose: () => void;
}

const fieldsOf = (entity: Layer | Holdout): Fields => ({
  name: entity.name,
  description: entity.description,
  share: "share" in entity ? entity.share : null,
});

/** What a layer or a holdout is called, and of a holdout its share. */
export function EditDialog({ kind, entity, onClose }: Props) {
  const { project } = usePlace();
  const writes = useLayerWrites(kind, project.key);
  const stored = useMemo(() => fieldsOf(entity), [entity]);
  const subject = { project: project.key, kind, key: entity.key } as const;
  const edited = useSharedDraft({
    stored,
    version: entity.version,
    readBy: layersKey(kind, project.key),
    subject,
  });
  const [affected, setAffected] = useState<Problem | null>(null);
  const [choice, setChoice] = useState<OnExperiments | null>(null);
  const [reason, setReason] = useState("");
  const { draft, set } = edited;
  const change = (part: Partial<Fields>) => set((before) => ({ ...before, ...part }));
  const incomplete = edited.moved
    ? LOOK_FIRST
    : !edited.dirty
      ? "Nothing is changed yet"
      : draft.name.trim() === ""
        ? "Give it a name"
        : "";
  const submit = async () => {
    try {
      const how = { version: edited.version, onExperiments: choice ?? undefined, reason };
      const written = await writes.change(entity.key, draft, how);
      edited.saved(written.data.version);
      announce(written, {
        what: `Saved the ${kind} ${draft.name}`,
        undo: undoOf(subject, written, writes.refresh),
      });
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code === "experiment_affected") setAffected(problem);
      await edited.readIfStale(problem);
    }
  };
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={`Edit ${entity.name}`}
      confirm={`Save the ${kind}`}
      incomplete={incomplete}
      onSubmit={submit}
    >
      <Meanwhile edited={edited} />
      <TextInput
        label="Name"
        data-path="name"
        required
        data-autofocus
        maxLength={200}
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Textarea
        label="Description"
        data-path="description"
        autosize
        minRows={2}
        value={draft.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      {draft.share !== null && (
        <NumberInput
          label="Share of all units"
          data-path="share"
          description="Kept out of every experiment that names it."
          suffix="%"
          min={0.01}
          max={100}
          decimalScale={2}
          value={draft.share}
          onChange={(value) => change({ share: Number(value) })}
        />
      )}
      {affected !== null && (
        <ExperimentChoices
          experiments={disturbedBy(affected)}
          choices={choicesOf(affected)}
          value={choice}
          onChange={setChoice}
        />
      )}
      {choice === "accept" && (
        <TextInput
          label="Reason"
          data-path="reason"
          required
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
    </FormDialog>
  );
}

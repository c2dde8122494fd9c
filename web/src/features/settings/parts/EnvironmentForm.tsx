import { Checkbox, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { LOOK_FIRST, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { FormDialog } from "@/components/FormDialog";
import { undoChange } from "@/components/history/queries";
import { COLORS, type ColorName, colorOf } from "@/lib/environment-color";
import { type Parts, SET } from "@/lib/merge";
import classes from "../pages/settings.module.css";
import { allEnvironmentsQuery, type Environment, useSettingsWrites } from "../queries";

interface Props {
  readonly environment: Environment | null;
  readonly close: () => void;
}

interface Draft {
  name: string;
  position: number | null;
  protected: boolean;
  color: ColorName;
  reason_required: boolean;
  hash_user_keys: boolean;
  pii_attributes: string[];
  exposure_attributes: string[];
}

const PARTS: Parts<Draft> = { pii_attributes: SET, exposure_attributes: SET };

function draftOf(environment: Environment | null): Draft {
  return {
    name: environment?.name ?? "",
    position: environment?.position ?? null,
    protected: environment?.protected ?? false,
    color: environment?.color ?? "automatic",
    reason_required: environment?.reason_required ?? false,
    hash_user_keys: environment?.hash_user_keys ?? false,
    pii_attributes: environment?.pii_attributes ?? [],
    exposure_attributes: environment?.exposure_attributes ?? [],
  };
}

/** What an environment is: made, or changed. */
export function EnvironmentForm({ environment, close }: Props) {
  const { project } = usePlace();
  const writes = useSettingsWrites(project.key);
  const [key, setKey] = useState(environment?.key ?? "");
  const stored = useMemo(() => draftOf(environment), [environment]);
  const edited = useSharedDraft({
    stored,
    version: environment?.version ?? 0,
    parts: PARTS,
    readBy: allEnvironmentsQuery(project.key).queryKey,
    subject: environment === null ? null : { project: project.key, kind: "environment", key: environment.key },
  });
  const { draft, set } = edited;
  const change = (part: Partial<Draft>) => set((before) => ({ ...before, ...part }));
  const incomplete = edited.moved
    ? LOOK_FIRST
    : draft.name.trim() === ""
      ? "Give it a name"
      : key.trim() === ""
        ? "It needs a key"
        : "";
  const submit = async () => {
    const { position, ...rest } = draft;
    const body = { ...rest, name: draft.name.trim(), ...(position === null ? {} : { position }) };
    const done =
      environment === null
        ? await writes.createEnvironment({ key: key.trim(), ...body })
        : await writes.changeEnvironment({ ...environment, version: edited.version }, body);
    const { version } = done.data;
    edited.saved(version);
    announce(done, {
      what: `Saved the environment ${body.name}`,
      undo: () => writes.around(undoChange({ project: project.key, kind: "environment", key: done.data.key }, version)),
    });
  };
  return (
    <FormDialog
      opened
      onClose={close}
      size="lg"
      title={environment === null ? "Create environment" : `Edit ${environment.name}`}
      confirm={environment === null ? "Create the environment" : "Save the environment"}
      incomplete={incomplete}
      onSubmit={submit}
    >
      <Meanwhile edited={edited} />
      <div className={classes.fields}>
        <TextInput
          label="Name"
          data-path="name"
          required
          data-autofocus
          maxLength={200}
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <TextInput
          label="Key"
          data-path="key"
          description={environment === null ? "It is never renamed" : undefined}
          required
          disabled={environment !== null}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <NumberInput
          label="Position"
          data-path="position"
          min={0}
          placeholder="Behind the others"
          value={draft.position ?? ""}
          onChange={(next) => change({ position: next === "" ? null : Number(next) })}
        />
        <Select
          label="Colour"
          data-path="color"
          description="Of the stripe over its pages"
          data={COLORS.map((each) => ({ ...each }))}
          allowDeselect={false}
          value={draft.color}
          onChange={(next) => change({ color: colorOf(next) })}
        />
      </div>
      <Checkbox
        label="Protected"
        description="Rights that change anything come from roles given for this very environment alone, and from owners and administrators."
        checked={draft.protected}
        onChange={(event) => change({ protected: event.currentTarget.checked })}
      />
      <Checkbox
        label="Ask for a reason"
        description="A change of what it answers needs one. Switching off and stopping never wait."
        checked={draft.reason_required}
        onChange={(event) => change({ reason_required: event.currentTarget.checked })}
      />
      <Checkbox
        label="Store stand-ins for user keys"
        description="Events keep a pseudonym in the place of the key."
        checked={draft.hash_user_keys}
        onChange={(event) => change({ hash_user_keys: event.currentTarget.checked })}
      />
      <TagsInput
        label="Personal attributes"
        data-path="pii_attributes"
        description="Stored as pseudonyms wherever they come in events"
        value={draft.pii_attributes}
        onChange={(pii_attributes) => change({ pii_attributes })}
      />
      <TagsInput
        label="Attributes of exposures"
        data-path="exposure_attributes"
        description="What edges report with each exposure: previews and segments of results know units by these"
        value={draft.exposure_attributes}
        onChange={(exposure_attributes) => change({ exposure_attributes })}
      />
    </FormDialog>
  );
}

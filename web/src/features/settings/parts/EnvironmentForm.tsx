import { Checkbox, NumberInput, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { FormDialog } from "@/components/FormDialog";
import classes from "../pages/settings.module.css";
import { type Environment, useSettingsWrites } from "../queries";

interface Props {
  readonly environment: Environment | null;
  readonly close: () => void;
}

export function EnvironmentForm({ environment, close }: Props) {
  const { project } = usePlace();
  const writes = useSettingsWrites(project.key);
  const [key, setKey] = useState(environment?.key ?? "");
  const [name, setName] = useState(environment?.name ?? "");
  const [position, setPosition] = useState<number | null>(environment?.position ?? null);
  const [isProtected, setProtected] = useState(environment?.protected ?? false);
  const [reason, setReason] = useState(environment?.reason_required ?? false);
  const [hashed, setHashed] = useState(environment?.hash_user_keys ?? false);
  const [personal, setPersonal] = useState<string[]>(environment?.pii_attributes ?? []);
  const [reported, setReported] = useState<string[]>(environment?.exposure_attributes ?? []);
  const incomplete = name.trim() === "" ? "Give it a name" : key.trim() === "" ? "It needs a key" : "";
  return (
    <FormDialog
      opened
      onClose={close}
      size="lg"
      title={environment === null ? "New environment" : `Edit ${environment.name}`}
      confirm={environment === null ? "Create the environment" : "Save the environment"}
      incomplete={incomplete}
      onSubmit={async () => {
        const body = {
          name: name.trim(),
          protected: isProtected,
          reason_required: reason,
          hash_user_keys: hashed,
          pii_attributes: personal,
          exposure_attributes: reported,
          ...(position === null ? {} : { position }),
        };
        const done =
          environment === null
            ? await writes.createEnvironment({ key: key.trim(), ...body })
            : await writes.changeEnvironment(environment, body);
        announce(done, { what: `Saved the environment ${body.name}` });
      }}
    >
      <div className={classes.fields}>
        <TextInput
          label="Name"
          required
          data-autofocus
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="Key"
          description={environment === null ? "It is never renamed" : undefined}
          required
          disabled={environment !== null}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <NumberInput
          label="Position"
          min={0}
          placeholder="Behind the others"
          value={position ?? ""}
          onChange={(next) => setPosition(next === "" ? null : Number(next))}
        />
      </div>
      <Checkbox
        label="Protected"
        description="Rights that change anything come from roles given for this very environment alone, and from owners and administrators."
        checked={isProtected}
        onChange={(event) => setProtected(event.currentTarget.checked)}
      />
      <Checkbox
        label="Ask for a reason"
        description="A change of what it answers needs one. Switching off and stopping never wait."
        checked={reason}
        onChange={(event) => setReason(event.currentTarget.checked)}
      />
      <Checkbox
        label="Store stand-ins for user keys"
        description="Events keep a pseudonym in the place of the key."
        checked={hashed}
        onChange={(event) => setHashed(event.currentTarget.checked)}
      />
      <TagsInput
        label="Personal attributes"
        description="Stored as pseudonyms wherever they come in events"
        value={personal}
        onChange={setPersonal}
      />
      <TagsInput
        label="Attributes of exposures"
        description="What edges report with each exposure: previews and segments of results know units by these"
        value={reported}
        onChange={setReported}
      />
    </FormDialog>
  );
}

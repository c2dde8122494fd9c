import { Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { FormDialog } from "@/components/FormDialog";
import { undoOf } from "@/components/history/undo";
import { keyFromName } from "@/lib/entityKey";
import { pagePath } from "@/lib/url";
import { pastedKeys } from "../keys";
import { createSegment, segmentsKey } from "../queries";

/** A segment begins empty, or with a pasted list; its condition is written on its page. */
export function CreateSegment({ onClose }: { readonly onClose: () => void }) {
  const { project } = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [key, setKey] = useState("");
  const [description, setDescription] = useState("");
  const [text, setText] = useState("");
  const chosen = key === "" ? keyFromName(name) : key;
  const included = pastedKeys(text);
  const submit = async () => {
    const written = await createSegment(project.key, {
      key: chosen,
      name: name.trim() || chosen,
      description,
      tags: [],
      included,
      excluded: [],
    });
    const refresh = () => client.invalidateQueries({ queryKey: segmentsKey(project.key) });
    const subject = { project: project.key, kind: "segment", key: chosen } as const;
    announce(written, { what: `Created segment ${chosen}`, undo: undoOf(subject, written, refresh) });
    await refresh();
    await navigate({ to: pagePath(project.key, "segments", chosen) });
  };
  return (
    <FormDialog
      opened
      onClose={onClose}
      title="Create segment"
      confirm="Create segment"
      incomplete={chosen === "" ? "It needs a name or a key" : ""}
      onSubmit={submit}
    >
      <TextInput
        label="Name"
        data-path="name"
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="Key"
        data-path="key"
        description="Rules name it by this. It is never renamed."
        placeholder={chosen}
        value={key}
        onChange={(event) => setKey(event.currentTarget.value)}
      />
      <Textarea
        label="Description"
        data-path="description"
        autosize
        minRows={2}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <Textarea
        label="Targeting keys that are in it"
        data-path="included"
        description={included.length === 0 ? "One a line, or with commas. Optional." : `${included.length} keys`}
        autosize
        minRows={2}
        maxRows={8}
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

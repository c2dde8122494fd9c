import { Checkbox, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { FormDialog } from "@/components/FormDialog";
import { undoOf } from "@/components/history/undo";
import { JsonEditor } from "@/components/JsonEditor";
import { keyFromName } from "@/lib/entityKey";
import { pagePath } from "@/lib/url";
import { objectFrom, schemaOf } from "../model";
import { configsKey, createConfig } from "../queries";

/** A config begins with a value; its schema may be read off it. */
export function CreateConfig({ onClose }: { readonly onClose: () => void }) {
  const { project } = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [key, setKey] = useState("");
  const [text, setText] = useState('{\n  "retries": 3\n}');
  const [withSchema, setWithSchema] = useState(true);
  const chosen = key === "" ? keyFromName(name) : key;
  const value = objectFrom(text);
  const submit = async () => {
    if (value === null) return;
    const schema = withSchema ? schemaOf(value) : {};
    const written = await createConfig(project.key, {
      key: chosen,
      name: name.trim() || chosen,
      description: "",
      tags: [],
      schema,
      value,
      client_visible: false,
      metadata: {},
    });
    const refresh = () => client.invalidateQueries({ queryKey: configsKey(project.key) });
    const subject = { project: project.key, kind: "config", key: chosen } as const;
    announce(written, {
      what: `Created config ${chosen}; every environment serves it`,
      undo: undoOf(subject, written, refresh),
    });
    await refresh();
    await navigate({ to: pagePath(project.key, "configs", chosen) });
  };
  const incomplete =
    chosen === "" ? "It needs a name or a key" : value === null ? "Its value is no JSON object yet" : "";
  return (
    <FormDialog
      opened
      onClose={onClose}
      title="Create config"
      confirm="Create config"
      size="lg"
      incomplete={incomplete}
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
        description="Code asks for it by this. It is never renamed, and no flag has the same."
        placeholder={chosen}
        value={key}
        onChange={(event) => setKey(event.currentTarget.value)}
      />
      <JsonEditor
        label="Value"
        data-path="value schema"
        value={text}
        onChange={setText}
        height={200}
        error={value === null ? "This is no JSON object yet." : null}
      />
      <Checkbox
        label="Keep its form"
        description="A schema is read off the value: names and types. You can make it stricter afterwards."
        checked={withSchema}
        onChange={(event) => setWithSchema(event.currentTarget.checked)}
      />
    </FormDialog>
  );
}

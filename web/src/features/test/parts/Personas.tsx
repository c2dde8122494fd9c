import { ActionIcon, Button, Group, Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { announceProblem } from "@/components/announce";
import { Failure } from "@/components/Failure";
import { Icon } from "@/components/Icon";
import { same } from "@/lib/json";

import { deletePersona, keepPersona, personasQuery } from "../queries";

interface Props {
  readonly project: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly onChoose: (context: Readonly<Record<string, unknown>>) => void;
}

/** Contexts that the project has given a name: chosen, kept, deleted. */
export function Personas({ project, context, onChoose }: Props) {
  const client = useQueryClient();
  const personas = useQuery(personasQuery(project)).data?.items ?? [];
  const [keeping, setKeeping] = useState(false);
  const current = personas.find((each) => same(each.context, context));
  const refresh = () => client.invalidateQueries({ queryKey: ["personas", project] });
  const remove = async (key: string) => {
    try {
      await deletePersona(project, key);
      await refresh();
    } catch (thrown) {
      announceProblem(thrown, "The persona was not deleted");
    }
  };
  if (personas.length === 0 && Object.keys(context).length === 0) return null;
  return (
    <Group gap="xs" align="end" mb="sm">
      {personas.length > 0 && (
        <NativeSelect
          label="Persona"
          flex={1}
          miw={140}
          data={[{ value: "", label: "None" }, ...personas.map((each) => ({ value: each.key, label: each.name }))]}
          value={current?.key ?? ""}
          onChange={(event) => {
            const chosen = personas.find((each) => each.key === event.currentTarget.value);
            if (chosen !== undefined) onChoose(chosen.context);
          }}
        />
      )}
      {current === undefined ? (
        Object.keys(context).length > 0 && (
          <Button variant="default" onClick={() => setKeeping(true)}>
            Keep as a persona
          </Button>
        )
      ) : (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={`Delete persona ${current.name}`}
          onClick={() => void remove(current.key)}
        >
          <Icon name="trash" />
        </ActionIcon>
      )}
      {keeping && (
        <Keep
          project={project}
          context={context}
          onClose={() => {
            setKeeping(false);
            void refresh();
          }}
        />
      )}
    </Group>
  );
}

interface KeepProps {
  readonly project: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly onClose: () => void;
}

function Keep({ project, context, onClose }: KeepProps) {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const key = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const keep = async () => {
    try {
      await keepPersona(project, key, name.trim(), context);
      onClose();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    }
  };
  return (
    <Modal opened onClose={onClose} title="Keep this context as a persona">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (key !== "") void keep();
        }}
      >
        <Stack>
          <TextInput
            label="Name"
            placeholder="Paying customer in Germany"
            description={key === "" ? "Everybody of the project can choose it." : `Its key is ${key}.`}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {problem !== null && <Failure problem={problem} />}
          <Button type="submit" disabled={key === ""} w="max-content">
            Keep the persona
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}

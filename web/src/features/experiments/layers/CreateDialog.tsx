import { Button, Group, Modal, NumberInput, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { Failure } from "@/components/Failure";
import { saidByForm } from "@/components/refusals/fields";
import { Refusals } from "@/components/refusals/Refusals";
import { keyOf } from "../designer/model";

interface Props {
  opened: boolean;
  onClose: () => void;
  noun: "layer" | "holdout";
  withShare: boolean;
  onCreate: (given: { key: string; name: string; share: number }) => Promise<unknown>;
}

/** A layer or a holdout: a name, a key, and of a holdout its share. */
export function CreateDialog({ opened, onClose, noun, withShare, onCreate }: Props) {
  const [name, setName] = useState("");
  const [key, setKey] = useState("");
  const [share, setShare] = useState(5);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const error = (field: string) => problem?.fields.find((each) => each.field === field)?.message;
  const create = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await onCreate({ key, name: name.trim(), share });
      setName("");
      setKey("");
      onClose();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`Create ${noun}`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <Refusals problem={problem}>
          <Stack gap="sm">
            <TextInput
              label="Name"
              required
              data-autofocus
              value={name}
              data-path="name"
              error={error("name")}
              onChange={(event) => {
                const next = event.currentTarget.value;
                if (key === keyOf(name)) setKey(keyOf(next));
                setName(next);
              }}
            />
            <TextInput
              label="Key"
              required
              value={key}
              data-path="key"
              error={error("key")}
              onChange={(event) => setKey(event.currentTarget.value)}
            />
            {withShare && (
              <NumberInput
                label="Share of all units"
                description="Kept out of every experiment that names it."
                suffix="%"
                min={0.01}
                max={100}
                decimalScale={2}
                value={share}
                data-path="share"
                error={error("share")}
                onChange={(value) => setShare(Number(value))}
              />
            )}
            {problem !== null && !saidByForm(problem) && <Failure problem={problem} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" loading={busy} disabled={name.trim() === "" || key === ""}>
                Create the {noun}
              </Button>
            </Group>
          </Stack>
        </Refusals>
      </form>
    </Modal>
  );
}

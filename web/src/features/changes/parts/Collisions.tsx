import { Alert, Button, Group, Radio, Stack } from "@mantine/core";
import { useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { Failure } from "@/components/Failure";
import { type Choice, editTitle, rebased } from "../model";
import type { ChangeRequest, EditIn } from "../queries";

interface Props {
  readonly change: ChangeRequest;
  readonly rewrite: (edits: EditIn[]) => Promise<unknown>;
}

/** Others changed the same since the edits were written: a choice for each, and the request goes on from what stands. */
export function Collisions({ change, rewrite }: Props) {
  const [choices, setChoices] = useState<Readonly<Record<number, Choice>>>({});
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const colliding = change.edits
    .map((edit, index) => ({ edit, index }))
    .filter(({ edit }) => edit.collisions.length > 0);
  if (colliding.length === 0) return null;
  const edits = rebased(change.edits, choices);
  const undecided = colliding.some(({ index }) => choices[index] === undefined);
  const run = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await rewrite(edits);
      setChoices({});
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Alert color="yellow" variant="light" title="Somebody else has changed the same meanwhile">
      <Stack gap="md">
        {colliding.map(({ edit, index }) => (
          <Radio.Group
            key={`${edit.entity} ${edit.key} ${edit.environment}`}
            label={editTitle(edit)}
            description={`Both have changed: ${edit.collisions.join(", ")}`}
            value={choices[index] ?? ""}
            onChange={(value) => setChoices({ ...choices, [index]: value === "mine" ? "mine" : "leave" })}
          >
            <Stack gap={4} mt="xs">
              <Radio value="mine" label="Keep this edit, over what the other change made" />
              <Radio value="leave" label="Leave this edit out, and keep the other change" />
            </Stack>
          </Radio.Group>
        ))}
        {problem !== null && <Failure problem={problem} />}
        {edits.length === 0 && !undecided && <span>Nothing would be left of the request: withdraw it instead.</span>}
        <Group>
          <Button loading={busy} disabled={undecided || edits.length === 0} onClick={() => void run()}>
            Rebase the request
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

import { Button, Group, Modal, Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, type Problem } from "@/api/problem";
import { announce } from "@/components/announce";
import { Failure } from "@/components/Failure";
import { type Experiment, useActions } from "../queries";

interface Props {
  experiment: Experiment;
  opened: boolean;
  onClose: () => void;
}

const CONCLUSION_MAX = 500;

/** There is no way back, so it asks what was learnt: the conclusion stands in the history for good. */
export function StopDialog({ experiment, opened, onClose }: Props) {
  const { project } = usePlace();
  const actions = useActions(project.key, experiment.key);
  const [conclusion, setConclusion] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const stop = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const written = await actions.stop({ version: experiment.version, reason: conclusion.trim() });
      announce(written, { what: `Stopped ${experiment.name} in ${experiment.environment}` });
      onClose();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`Stop ${experiment.name}`}>
      <Stack gap="md">
        <p className="no-margin">
          It stops for good: nobody enters it any more, and {experiment.flag} goes on serving what its rules say.
          Results stay.
        </p>
        <Textarea
          label="Conclusion"
          description="What was learnt, and what is done because of it. It stands in the history."
          required
          data-autofocus
          minRows={3}
          autosize
          maxLength={CONCLUSION_MAX}
          value={conclusion}
          onChange={(event) => setConclusion(event.currentTarget.value)}
        />
        {problem !== null && <Failure problem={problem} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button color="red.8" loading={busy} disabled={conclusion.trim() === ""} onClick={() => void stop()}>
            Stop the experiment
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

import { Button, Group, Modal, Stack } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, type Problem } from "@/api/problem";
import { announce } from "@/components/announce";
import { Failure } from "@/components/Failure";
import { ExperimentChoices } from "@/components/reviewing/ExperimentChoices";
import { choicesOf, disturbedBy } from "@/components/reviewing/problems";
import { Checklist } from "../designer/Checklist";
import { type Experiment, type OnExperiments, useActions } from "../queries";
import { useApproval } from "./use-approval";

interface Props {
  experiment: Experiment;
  opened: boolean;
  onClose: () => void;
}

/** What has to hold before it starts, looked up now; then the start. */
export function StartDialog({ experiment, opened, onClose }: Props) {
  const { project } = usePlace();
  const actions = useActions(project.key, experiment.key);
  const approval = useApproval(project.key);
  const [onExperiments, setOnExperiments] = useState<OnExperiments | undefined>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const start = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const written = await approval.orRequest(() => actions.start({ version: experiment.version, onExperiments }), {
        title: `Start ${experiment.name}`,
        edits: [{ entity: "experiment", key: experiment.key, action: "start", document: {} }],
        reason: "",
      });
      if (written) {
        announce(written, { what: `Started ${experiment.name} in ${experiment.environment}` });
        for (const warning of written.data.warnings) announce(null, { what: warning.detail });
      }
      onClose();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`Start ${experiment.name} in ${experiment.environment}`} size="lg">
      <Stack gap="md">
        {opened && <Checklist experiment={experiment} />}
        <p className="no-margin">
          After the start the analysis is fixed: goals, margins and the plan can't change any more.
        </p>
        {approval.affected !== null && (
          <ExperimentChoices
            experiments={disturbedBy(approval.affected)}
            choices={choicesOf(approval.affected)}
            value={onExperiments ?? null}
            onChange={setOnExperiments}
          />
        )}
        {problem !== null && problem.code !== "experiment_affected" && <Failure problem={problem} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            loading={busy}
            onClick={() => void start()}
            disabled={approval.affected !== null && onExperiments === undefined}
          >
            {approval.needed ? "Request approval" : "Start the experiment"}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

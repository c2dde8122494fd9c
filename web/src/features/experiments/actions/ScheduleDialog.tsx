import { Button, Group, Modal, Stack } from "@mantine/core";
import { DateTimePicker } from "@mantine/dates";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, type Problem } from "@/api/problem";
import { announce } from "@/components/announce";
import { Failure } from "@/components/Failure";
import { zoneName } from "@/lib/format";
import { type Experiment, useActions } from "../queries";

interface Props {
  experiment: Experiment;
  opened: boolean;
  onClose: () => void;
}

/** When it starts and stops by itself, as whoever says so now and with the rights that they have then. */
export function ScheduleDialog({ experiment, opened, onClose }: Props) {
  const { project } = usePlace();
  const actions = useActions(project.key, experiment.key);
  const [start, setStart] = useState<string | null>(experiment.schedule?.start_at ?? null);
  const [stop, setStop] = useState<string | null>(experiment.schedule?.stop_at ?? null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const draft = experiment.status === "draft" || experiment.status === "scheduled";
  const zone = zoneName();
  /** As it was when the dialog was opened. */
  const back = () => {
    const { start_at, stop_at } = experiment.schedule ?? {};
    const before = { ...(start_at ? { start_at } : {}), ...(stop_at ? { stop_at } : {}) };
    return Object.keys(before).length === 0 ? actions.unschedule({}) : actions.schedule(before, {});
  };
  const run = async (what: string, act: () => Promise<Parameters<typeof announce>[0]>) => {
    setBusy(true);
    setProblem(null);
    try {
      announce(await act(), { what, undo: back });
      onClose();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  const times = { ...(draft && start ? { start_at: moment(start) } : {}), ...(stop ? { stop_at: moment(stop) } : {}) };
  return (
    <Modal opened={opened} onClose={onClose} title={`Schedule ${experiment.name}`}>
      <Stack gap="md">
        {draft && (
          <DateTimePicker
            label="Start"
            description={`In ${zone}`}
            valueFormat="D MMM YYYY HH:mm"
            minDate={new Date()}
            clearable
            value={start}
            onChange={setStart}
          />
        )}
        <DateTimePicker
          label="Stop"
          description={`In ${zone}`}
          valueFormat="D MMM YYYY HH:mm"
          minDate={new Date()}
          clearable
          value={stop}
          onChange={setStop}
        />
        {problem !== null && <Failure problem={problem} />}
        <Group justify="flex-end">
          {experiment.schedule !== null && (
            <Button
              variant="default"
              loading={busy}
              onClick={() => void run(`Took the schedule of ${experiment.name} away`, () => actions.unschedule({}))}
            >
              Take the schedule away
            </Button>
          )}
          <Button
            loading={busy}
            disabled={Object.keys(times).length === 0}
            onClick={() =>
              void run(`Scheduled ${experiment.name}`, () => actions.schedule(times, { version: experiment.version }))
            }
          >
            Schedule
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function moment(value: string): string {
  return new Date(value).toISOString();
}

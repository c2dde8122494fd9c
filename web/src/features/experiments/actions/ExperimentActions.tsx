import { ActionIcon, Button, Menu } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import type { Written } from "@/api/clients";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Guarded } from "@/components/Guarded";
import { Icon } from "@/components/Icon";
import { patiently } from "@/lib/patiently";
import { type Experiment, useActions } from "../queries";

const ScheduleDialog = lazy(() =>
  patiently(() => import("./ScheduleDialog").then((module) => ({ default: module.ScheduleDialog }))),
);
const StartDialog = lazy(() =>
  patiently(() => import("./StartDialog").then((module) => ({ default: module.StartDialog }))),
);
const StopDialog = lazy(() =>
  patiently(() => import("./StopDialog").then((module) => ({ default: module.StopDialog }))),
);

/** What can be done with it in the state that it is in. */
export function ExperimentActions({ experiment }: { experiment: Experiment }) {
  const { project } = usePlace();
  const actions = useActions(project.key, experiment.key);
  const [opened, setOpened] = useState<"start" | "stop" | "schedule" | null>(null);
  const [busy, setBusy] = useState(false);
  const { status, environment } = experiment;
  const draft = status === "draft" || status === "scheduled";
  const close = () => setOpened(null);
  const { version } = experiment;
  const run = async (what: string, act: () => Promise<Written<Experiment>>, back: typeof act) => {
    setBusy(true);
    try {
      announce(await act(), { what, undo: back });
    } catch (thrown) {
      announceProblem(thrown);
    } finally {
      setBusy(false);
    }
  };
  if (experiment.archived) {
    return (
      <Guarded right="experiment:archive" environment={environment}>
        {(guard) => (
          <Button
            variant="default"
            loading={busy}
            onClick={() =>
              void run(
                `Restored ${experiment.name}`,
                () => actions.restore({ version }),
                () => actions.archive({}),
              )
            }
            {...guard}
          >
            Restore
          </Button>
        )}
      </Guarded>
    );
  }
  return (
    <>
      {draft && (
        <Guarded right="experiment:start" environment={environment}>
          {(guard) => (
            <Button leftSection={<Icon name="play" size={16} />} onClick={() => setOpened("start")} {...guard}>
              Start
            </Button>
          )}
        </Guarded>
      )}
      {status === "running" && (
        <Guarded right="experiment:stop" environment={environment}>
          {(guard) => (
            <Button
              variant="default"
              leftSection={<Icon name="pause" size={16} />}
              loading={busy}
              onClick={() =>
                void run(
                  `Paused ${experiment.name} in ${environment}`,
                  () => actions.pause({ version }),
                  () => actions.resume({}),
                )
              }
              {...guard}
            >
              Pause
            </Button>
          )}
        </Guarded>
      )}
      {status === "paused" && (
        <Guarded right="experiment:start" environment={environment}>
          {(guard) => (
            <Button
              leftSection={<Icon name="play" size={16} />}
              loading={busy}
              onClick={() =>
                void run(
                  `Resumed ${experiment.name} in ${environment}`,
                  () => actions.resume({ version }),
                  () => actions.pause({}),
                )
              }
              {...guard}
            >
              Resume
            </Button>
          )}
        </Guarded>
      )}
      {(status === "running" || status === "paused") && (
        <Guarded right="experiment:stop" environment={environment}>
          {(guard) => (
            <Button
              variant="default"
              leftSection={<Icon name="stop" size={16} />}
              onClick={() => setOpened("stop")}
              {...guard}
            >
              Stop
            </Button>
          )}
        </Guarded>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label="More actions">
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {status !== "stopped" && (
            <Guarded right="experiment:update" environment={environment}>
              {(guard) => (
                <Menu.Item
                  leftSection={<Icon name="clock" size={16} />}
                  onClick={() => setOpened("schedule")}
                  {...guard}
                >
                  Schedule
                </Menu.Item>
              )}
            </Guarded>
          )}
          {(draft || status === "stopped") && (
            <Guarded right="experiment:archive" environment={environment}>
              {(guard) => (
                <Menu.Item
                  leftSection={<Icon name="archive" size={16} />}
                  onClick={() =>
                    void run(
                      `Archived ${experiment.name}`,
                      () => actions.archive({ version }),
                      () => actions.restore({}),
                    )
                  }
                  {...guard}
                >
                  Archive
                </Menu.Item>
              )}
            </Guarded>
          )}
        </Menu.Dropdown>
      </Menu>
      <Suspense>
        {opened === "start" && <StartDialog experiment={experiment} opened onClose={close} />}
        {opened === "stop" && <StopDialog experiment={experiment} opened onClose={close} />}
        {opened === "schedule" && (
          <ScheduleDialog key={experiment.version} experiment={experiment} opened onClose={close} />
        )}
      </Suspense>
    </>
  );
}

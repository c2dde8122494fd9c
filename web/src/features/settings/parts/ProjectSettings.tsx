import { Alert, Button, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem } from "@/api/problem";
import { announce } from "@/components/announce";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { Failure } from "@/components/Failure";
import { Guarded } from "@/components/Guarded";
import { KeyValue } from "@/components/KeyValue";
import { saidByForm } from "@/components/refusals/fields";
import { Refusals } from "@/components/refusals/Refusals";
import { Time } from "@/components/Time";
import { useRefused } from "@/components/use-refused";
import classes from "../pages/settings.module.css";
import { projectQuery, useSettingsWrites } from "../queries";

export function ProjectSettings() {
  const { project, organization } = usePlace();
  const writes = useSettingsWrites(project.key);
  const stored = useMemo(() => ({ name: project.name, description: project.description }), [project]);
  const edited = useSharedDraft({
    stored,
    version: project.version,
    readBy: projectQuery(project.key).queryKey,
    subject: null,
  });
  const { draft, set, dirty, discard } = edited;
  const { problem, refuse } = useRefused(draft);
  const [busy, setBusy] = useState(false);
  const [archiving, setArchiving] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const before = edited.base;
      const written = await writes.changeProject({ ...project, version: edited.version }, draft);
      edited.saved(written.data.version);
      announce(written, {
        what: `Saved the project ${draft.name}`,
        undo: () => writes.changeProject(written.data, before),
      });
    } catch (thrown) {
      const refused = asProblem(thrown);
      refuse(refused.fields, refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={classes.stack}>
      {project.archived && (
        <Alert color="yellow" variant="light" title="The project is archived">
          Nothing in it can be changed before it is restored.
        </Alert>
      )}
      <Card title="Name and description">
        <Refusals problem={problem}>
          <Stack gap="sm">
            <Meanwhile edited={edited} />
            <TextInput
              label="Name"
              data-path="name"
              maxLength={200}
              value={draft.name}
              onChange={(event) => set({ ...draft, name: event.currentTarget.value })}
            />
            <Textarea
              label="Description"
              data-path="description"
              autosize
              minRows={2}
              value={draft.description}
              onChange={(event) => set({ ...draft, description: event.currentTarget.value })}
            />
            {problem !== null && !saidByForm(problem) && <Failure problem={problem} />}
            <Group>
              <Guarded right="project:update">
                {(props) => (
                  <Button
                    loading={busy}
                    disabled={!dirty || edited.moved || draft.name.trim() === ""}
                    onClick={() => void save()}
                    {...props}
                  >
                    Save the project
                  </Button>
                )}
              </Guarded>
              {dirty && (
                <Button variant="default" onClick={discard}>
                  Discard
                </Button>
              )}
            </Group>
          </Stack>
        </Refusals>
      </Card>
      <Card title="About it">
        <KeyValue
          items={[
            { label: "Key", value: <code>{project.key}</code> },
            { label: "Id", value: <code>{project.id}</code> },
            { label: "Organization", value: organization.name },
            { label: "Made", value: <Time at={project.created_at} /> },
          ]}
        />
      </Card>
      <Card
        title={project.archived ? "Restore the project" : "Archive the project"}
        subtitle={
          project.archived
            ? "It can be changed again, and its environments are as they were."
            : "Its edges stop serving it, and nothing in it can be changed. It can be restored."
        }
      >
        <Guarded right="project:archive">
          {(props) => (
            <Button
              variant="outline"
              {...(project.archived ? {} : { color: "red" })}
              onClick={() => setArchiving(true)}
              {...props}
            >
              {project.archived ? "Restore the project" : "Archive the project"}
            </Button>
          )}
        </Guarded>
      </Card>
      <ConfirmDialog
        opened={archiving}
        onClose={() => setArchiving(false)}
        title={project.archived ? `Restore ${project.name}` : `Archive ${project.name}`}
        confirm={project.archived ? "Restore the project" : "Archive the project"}
        tone={project.archived ? "normal" : "danger"}
        onConfirm={async () => {
          const [act, back] = project.archived
            ? [writes.restoreProject, writes.archiveProject]
            : [writes.archiveProject, writes.restoreProject];
          const written = await act(project);
          announce(written, {
            what: `${project.archived ? "Restored" : "Archived"} ${project.name}`,
            undo: () => back(written.data),
          });
        }}
      >
        {project.archived
          ? "Its environments are served again."
          : "Applications that ask for its flags get their defaults."}
      </ConfirmDialog>
    </div>
  );
}

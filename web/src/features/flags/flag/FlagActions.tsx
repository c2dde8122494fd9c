import { ActionIcon, Checkbox, Menu, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem } from "@/api/problem";
import { announce } from "@/components/announce";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { undoOf } from "@/components/history/undo";
import { Icon } from "@/components/Icon";
import { pagePath } from "@/lib/url";
import { flagChanged } from "../changed";
import { archiveFlag, cloneFlag, deleteFlag, type Flag, flagKey, unarchiveFlag } from "./queries";

/** What is done with the flag as a whole. */
export function FlagActions({ flag }: { readonly flag: Flag }) {
  const { project } = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"clone" | "archive" | "delete" | null>(null);
  const refresh = () => flagChanged(client, project.key, flag.key);
  const subject = { project: project.key, kind: "flag", key: flag.key } as const;
  const putAway = async () => {
    const written = await archiveFlag(project.key, flag.key);
    announce(written, { what: `Archived ${flag.key}`, undo: undoOf(subject, written, refresh) });
    await refresh();
  };
  const takeOut = async () => {
    const written = await unarchiveFlag(project.key, flag.key);
    announce(written, {
      what: `Restored ${flag.key}; it is off everywhere`,
      undo: undoOf(subject, written, refresh),
    });
    await refresh();
  };
  const destroy = async () => {
    await deleteFlag(project.key, flag.key);
    announce(null, { what: `Deleted ${flag.key}` });
    await navigate({ to: pagePath(project.key, "flags"), search: true });
    client.removeQueries({ queryKey: flagKey(project.key, flag.key) });
  };
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label={`More for ${flag.key}`}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Guarded right="flag:create">
            {(guard) => (
              <Menu.Item leftSection={<Icon name="copy" />} onClick={() => setDialog("clone")} {...guard}>
                Clone the flag
              </Menu.Item>
            )}
          </Guarded>
          <Guarded right="flag:archive">
            {(guard) => (
              <Menu.Item
                leftSection={<Icon name="archive" />}
                onClick={() => (flag.archived ? void takeOut() : setDialog("archive"))}
                {...guard}
              >
                {flag.archived ? "Restore the flag" : "Archive the flag"}
              </Menu.Item>
            )}
          </Guarded>
          <Guarded right="flag:delete">
            {(guard) => (
              <Menu.Item leftSection={<Icon name="trash" />} onClick={() => setDialog("delete")} {...guard}>
                Delete the flag
              </Menu.Item>
            )}
          </Guarded>
        </Menu.Dropdown>
      </Menu>
      {dialog === "clone" && <Clone flag={flag} onClose={() => setDialog(null)} />}
      <ConfirmDialog
        opened={dialog === "archive"}
        onClose={() => setDialog(null)}
        title={`Archive ${flag.key}?`}
        confirm="Archive the flag"
        onConfirm={putAway}
      >
        It serves its off variation everywhere until it is restored.
      </ConfirmDialog>
      <ConfirmDialog
        opened={dialog === "delete"}
        onClose={() => setDialog(null)}
        title={`Delete ${flag.key}?`}
        confirm="Delete the flag"
        tone="danger"
        onConfirm={destroy}
      >
        Programs that ask for it get their own default. Its history stays in the audit log.
      </ConfirmDialog>
    </>
  );
}

function Clone({ flag, onClose }: { readonly flag: Flag; readonly onClose: () => void }) {
  const { project } = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [key, setKey] = useState(`${flag.key}-copy`);
  const [off, setOff] = useState(true);
  const [refused, setRefused] = useState<string | null>(null);
  const clone = async () => {
    setRefused(null);
    try {
      const written = await cloneFlag(project.key, flag.key, { key, off });
      announce(written, {
        what: `Cloned ${flag.key} as ${key}`,
        undo: undoOf({ project: project.key, kind: "flag", key }, written, () => flagChanged(client, project.key, key)),
      });
    } catch (thrown) {
      setRefused(asProblem(thrown).fields.find((each) => each.field === "key")?.message ?? null);
      throw thrown;
    }
    await navigate({ to: pagePath(project.key, "flags", key), search: true });
  };
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={`Clone ${flag.key}`}
      confirm="Clone the flag"
      incomplete={key.trim() === "" ? "Give it a key" : ""}
      onSubmit={clone}
    >
      <TextInput
        label="Key of the clone"
        description="It is never renamed."
        required
        data-autofocus
        value={key}
        error={refused}
        onChange={(event) => setKey(event.currentTarget.value)}
      />
      <Checkbox
        label="Off in every environment"
        checked={off}
        onChange={(event) => setOff(event.currentTarget.checked)}
      />
    </FormDialog>
  );
}

import { ActionIcon, Checkbox, Menu, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem } from "@/api/problem";
import { announce } from "@/components/announce";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { undoOf } from "@/components/history/undo";
import { Icon } from "@/components/Icon";
import { ActReview } from "@/components/reviewing/ActReview";
import type { Act } from "@/components/reviewing/acts";
import { pagePath } from "@/lib/url";
import { flagChanged } from "../changed";
import { actOnFlag, cloneFlag, type Flag, flagKey } from "./queries";

const MEANING: Record<Act, string> = {
  archive: "It serves its off variation everywhere until it is restored.",
  restore: "It is off in every environment: what it served before may be long out of date.",
  delete: "Programs that ask for it get their own default. Its history stays in the audit log.",
};

/** What is done with the flag as a whole. */
export function FlagActions({ flag }: { readonly flag: Flag }) {
  const { project } = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"clone" | Act | null>(null);
  const refresh = () => flagChanged(client, project.key, flag.key);
  const leave = async () => {
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
                onClick={() => setDialog(flag.archived ? "restore" : "archive")}
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
      {dialog !== null && dialog !== "clone" && (
        <ActReview
          entity="flag"
          entityKey={flag.key}
          action={dialog}
          document={flag}
          act={(how) => actOnFlag(project.key, flag.key, dialog, how)}
          refresh={refresh}
          {...(dialog === "delete" ? { onDone: leave } : {})}
          onClose={() => setDialog(null)}
        >
          {MEANING[dialog]}
        </ActReview>
      )}
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

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { type Environment, usePlace } from "@/api/place";
import { asProblem } from "@/api/problem";
import { announce, announceProblem } from "@/components/announce";
import { flagChanged } from "../changed";
import { type Flag, switchFlag } from "./queries";
import { TurnOnDialog } from "./TurnOnDialog";

/** Resolves when it is done, refused, or somebody looks at it first. */
export type SwitchFlag = (flag: Flag, environment: Environment, on: boolean) => Promise<void>;

interface Asked {
  readonly flag: Flag;
  readonly environment: Environment;
}

/** Switches of the list. Off never waits. On in a protected environment, or where others have a say, is looked at first. */
export function useSwitching(): { readonly turn: SwitchFlag; readonly dialog: React.ReactNode } {
  const { project } = usePlace();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  const projectKey = project.key;

  const refresh = useCallback((key: string) => flagChanged(client, projectKey, key), [client, projectKey]);
  const turn = useCallback<SwitchFlag>(
    async (flag, environment, on) => {
      if (on && (environment.protected || environment.reason_required)) {
        setAsked({ flag, environment });
        return;
      }
      try {
        const written = await switchFlag(projectKey, flag.key, environment.key, on);
        announce(written, {
          what: `Turned ${on ? "on" : "off"} ${flag.key} in ${environment.name}`,
          undo: async () => {
            await switchFlag(projectKey, flag.key, environment.key, !on);
            await refresh(flag.key);
          },
        });
        await refresh(flag.key);
      } catch (thrown) {
        const { code } = asProblem(thrown);
        if (on && LOOKED_AT.has(code)) setAsked({ flag, environment });
        else announceProblem(thrown, `${flag.key} was not switched`);
      }
    },
    [projectKey, refresh],
  );
  const close = () => {
    setAsked(null);
    if (asked !== null) void refresh(asked.flag.key);
  };
  return { turn, dialog: asked === null ? null : <TurnOnDialog {...asked} onClose={close} /> };
}

const LOOKED_AT = new Set(["approval_required", "experiment_affected", "reason_required"]);

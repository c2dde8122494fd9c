import { useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useCallback, useState } from "react";
import { type Environment, usePlace } from "@/api/place";
import { asProblem } from "@/api/problem";
import { announce, announceProblem } from "@/components/announce";
import { undoOf } from "@/components/history/undo";
import { patiently } from "@/lib/patiently";
import { flagChanged } from "../changed";
import { type Flag, switchFlag } from "./queries";

const TurnOnDialog = lazy(() =>
  patiently(() => import("./TurnOnDialog").then((module) => ({ default: module.TurnOnDialog }))),
);

type Switched = Pick<Flag, "key">;

/** Resolves when it is done, refused, or somebody looks at it first. */
export type SwitchFlag = (flag: Switched, environment: Environment, on: boolean) => Promise<void>;

interface Asked {
  readonly flag: Switched;
  readonly environment: Environment;
}

/** Off never waits. On in a protected environment, or where others have a say, is looked at first. */
export function useSwitching(): { readonly turn: SwitchFlag; readonly dialog: ReactNode } {
  const { project } = usePlace();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  const projectKey = project.key;

  const turn = useCallback<SwitchFlag>(
    async (flag, environment, on) => {
      if (on && (environment.protected || environment.reason_required)) {
        setAsked({ flag, environment });
        return;
      }
      const at = { project: projectKey, key: flag.key, environment: environment.key };
      const refresh = () => flagChanged(client, projectKey, flag.key);
      try {
        const written = await switchFlag(at, on);
        announce(written, {
          what: `Turned ${on ? "on" : "off"} ${flag.key} in ${environment.name}`,
          undo: undoOf({ kind: "flag_settings", ...at }, written, refresh),
        });
        await refresh();
      } catch (thrown) {
        const { code } = asProblem(thrown);
        if (on && LOOKED_AT.has(code)) setAsked({ flag, environment });
        else announceProblem(thrown, `${flag.key} was not switched`);
      }
    },
    [client, projectKey],
  );
  const dialog = asked && (
    <Suspense>
      <TurnOnDialog {...asked} onClose={() => setAsked(null)} />
    </Suspense>
  );
  return { turn, dialog };
}

const LOOKED_AT = new Set(["approval_required", "experiment_affected", "reason_required"]);

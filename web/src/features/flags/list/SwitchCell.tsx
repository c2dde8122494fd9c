import { memo, useState } from "react";
import type { Environment } from "@/api/place";
import { Switch } from "@/components/Switch";
import type { SwitchFlag } from "../switching/use-switching";
import classes from "./list.module.css";
import type { Flag } from "./queries";
import { servedWords } from "./serving";

interface Props {
  readonly flag: Flag;
  readonly environment: Environment;
  readonly allowed: boolean;
  readonly turn: SwitchFlag;
}

/** A flag's switch in one environment, with what it serves there. */
export const SwitchCell = memo(function SwitchCell({ flag, environment, allowed, turn }: Props) {
  const [busy, setBusy] = useState(false);
  const state = flag.environments[environment.key];
  const enabled = state?.enabled ?? false;
  // A percentage stays on one line with its sign.
  const served = state === undefined ? "" : servedWords(state.serves, flag.off_variation).replaceAll(" %", "\u00a0%");
  return (
    <span className={classes.switching}>
      <Switch
        checked={enabled}
        label={`${flag.key} in ${environment.name}`}
        reason={flag.archived ? "It is archived" : ""}
        lacks={allowed || flag.archived ? undefined : "flag:toggle"}
        environment={environment.key}
        busy={busy}
        onChange={(on) => {
          setBusy(true);
          void turn(flag, environment, on).finally(() => setBusy(false));
        }}
      />
      <span className={classes.served} title={served}>
        {served}
      </span>
    </span>
  );
});

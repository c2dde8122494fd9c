import { useState } from "react";
import { type Environment, usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { Icon } from "@/components/Icon";
import { PageLink } from "@/components/PageLink";
import { Switch } from "@/components/Switch";
import { useKeys } from "@/lib/keyboard";
import { pagePath } from "@/lib/url";
import { type SwitchFlag, useSwitching } from "../switching/use-switching";
import classes from "./flag.module.css";
import type { Flag } from "./queries";

/** The flag's switches of all environments, side by side. Off never waits; on is looked at first where much depends on it. */
export function EnvironmentSwitches({ flag }: { readonly flag: Flag }) {
  const { environments } = usePlace();
  const { turn, dialog } = useSwitching();
  return (
    <>
      <ul className={classes.environments} aria-label="Environments">
        {environments.map((environment) => (
          <One key={environment.key} flag={flag} environment={environment} turn={turn} />
        ))}
      </ul>
      {dialog}
    </>
  );
}

interface OneProps {
  readonly flag: Flag;
  readonly environment: Environment;
  readonly turn: SwitchFlag;
}

function One({ flag, environment, turn }: OneProps) {
  const place = usePlace();
  const current = place.environment.key === environment.key;
  const { allowed } = useRight("flag:toggle", environment.key);
  const [busy, setBusy] = useState(false);
  const enabled = flag.environments[environment.key]?.enabled ?? false;
  const change = (on: boolean) => {
    setBusy(true);
    void turn(flag, environment, on).finally(() => setBusy(false));
  };
  useKeys({ t: () => allowed && !flag.archived && !busy && change(!enabled) }, current);
  return (
    <li className={classes.environment} data-current={current}>
      <PageLink
        to={`${pagePath(place.project.key, "flags", flag.key)}?env=${encodeURIComponent(environment.key)}`}
        className={classes.environmentName}
      >
        {environment.protected && <Icon name="lock" />}
        {environment.name}
      </PageLink>
      <Switch
        checked={enabled}
        label={`${flag.key} in ${environment.name}`}
        onChange={change}
        reason={flag.archived ? "It is archived" : ""}
        lacks={allowed || flag.archived ? undefined : "flag:toggle"}
        environment={environment.key}
        busy={busy}
      />
    </li>
  );
}

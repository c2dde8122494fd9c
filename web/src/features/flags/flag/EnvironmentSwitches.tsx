import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Environment, usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { announce, announceProblem } from "@/components/announce";
import { Icon } from "@/components/Icon";
import { PageLink } from "@/components/PageLink";
import { Switch } from "@/components/Switch";
import { useKeys } from "@/lib/keyboard";
import { pagePath } from "@/lib/url";
import { flagChanged } from "../changed";
import classes from "./flag.module.css";
import { type At, type Flag, policyQuery, settingsQuery, switchFlag } from "./queries";
import { SettingsReview } from "./SettingsReview";

/** The flag's switches of all environments, side by side. Off never waits; on is looked at first where much depends on it. */
export function EnvironmentSwitches({ flag }: { readonly flag: Flag }) {
  const { environments } = usePlace();
  return (
    <ul className={classes.environments} aria-label="Environments">
      {environments.map((environment) => (
        <One key={environment.key} flag={flag} environment={environment} />
      ))}
    </ul>
  );
}

function One({ flag, environment }: { readonly flag: Flag; readonly environment: Environment }) {
  const place = usePlace();
  const client = useQueryClient();
  const at: At = { project: place.project.key, key: flag.key, environment: environment.key };
  const current = place.environment.key === environment.key;
  const { allowed, reason } = useRight("flag:toggle", environment.key);
  const policy = useQuery(policyQuery(at.project, at.environment)).data;
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState(false);
  const enabled = flag.environments[environment.key]?.enabled ?? false;
  const looksFirst = environment.protected || environment.reason_required || policy?.required === true;
  const why = flag.archived ? "It is archived" : allowed ? "" : reason;

  const turn = async (on: boolean) => {
    setBusy(true);
    try {
      const written = await switchFlag(at, on, null, "");
      announce(written, {
        what: `Turned ${on ? "on" : "off"} ${flag.key} in ${environment.name}`,
        undo: async () => {
          await switchFlag(at, !on, null, "");
          await flagChanged(client, at.project, at.key);
        },
      });
      await flagChanged(client, at.project, at.key);
    } catch (thrown) {
      announceProblem(thrown, `${flag.key} was not switched`);
    } finally {
      setBusy(false);
    }
  };
  const change = (on: boolean) => {
    if (on && looksFirst) setAsked(true);
    else void turn(on);
  };
  useKeys({ t: () => why === "" && !busy && change(!enabled) }, current);
  return (
    <li className={classes.environment} data-current={current}>
      <PageLink
        to={`${pagePath(at.project, "flags", flag.key)}?env=${encodeURIComponent(environment.key)}`}
        className={classes.environmentName}
      >
        {environment.protected && <Icon name="lock" />}
        {environment.name}
      </PageLink>
      <Switch
        checked={enabled}
        label={`${flag.key} in ${environment.name}`}
        onChange={change}
        reason={why}
        busy={busy}
      />
      {asked && <TurnOn at={at} environment={environment} flag={flag} onClose={() => setAsked(false)} />}
    </li>
  );
}

interface TurnOnProps {
  readonly at: At;
  readonly environment: Environment;
  readonly flag: Flag;
  readonly onClose: () => void;
}

function TurnOn({ at, environment, flag, onClose }: TurnOnProps) {
  const settings = useQuery(settingsQuery(at)).data;
  if (settings === undefined) return null;
  return (
    <SettingsReview
      at={at}
      environment={environment}
      version={settings.version}
      patch={{ enabled: true }}
      words={[`Turn on ${flag.key} in ${environment.name}`]}
      before={{ enabled: false }}
      after={{ enabled: true }}
      title={`Turn on ${flag.key} in ${environment.name}`}
      done={`Turned on ${flag.key} in ${environment.name}`}
      onClose={onClose}
      onSaved={onClose}
      onRefused={(_, problem) => {
        announceProblem(problem, `${flag.key} was not switched`);
        onClose();
      }}
    />
  );
}

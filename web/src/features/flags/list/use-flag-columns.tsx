import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { usePlace } from "@/api/place";
import { allowance } from "@/api/rights";
import type { Column } from "@/components/DataTable";
import { PageLink } from "@/components/PageLink";
import { Time } from "@/components/Time";
import { useMemberNames } from "@/components/use-member-names";
import { capital } from "@/lib/format";
import { pagePath } from "@/lib/url";

import type { SwitchFlag } from "../switching/use-switching";
import type { Columns, OptionalColumn } from "./columns";
import { LifecycleCell } from "./LifecycleCell";
import classes from "./list.module.css";
import { type Flag, permissionsQuery } from "./queries";
import { SwitchCell } from "./SwitchCell";
import { UsageCell } from "./UsageCell";

type FlagColumn = Column<Flag>;

/** The columns that are chosen. They stay the same while nothing behind them changes, so that rows are not drawn anew. */
export function useFlagColumns(chosen: Columns, turn: SwitchFlag): readonly FlagColumn[] {
  const { project, environment, environments } = usePlace();
  const permissions = useQuery(permissionsQuery(project.key)).data;
  const names = useMemberNames();
  const mayRead = allowance(permissions, "exposures:read", environment.key).allowed;
  return useMemo(() => {
    const switches = environments
      .filter((each) => chosen.environments.includes(each.key))
      .map((each): FlagColumn => {
        const { allowed } = allowance(permissions, "flag:toggle", each.key);
        return {
          id: `in ${each.key}`,
          header: each.name,
          width: "17%",
          cell: (flag) => <SwitchCell flag={flag} environment={each} allowed={allowed} turn={turn} />,
        };
      });
    const facts: Record<OptionalColumn, FlagColumn> = {
      usage: {
        id: "usage",
        header: "Usage, 7 days",
        width: "112px",
        cell: (flag) =>
          mayRead ? (
            <UsageCell project={project.key} environment={environment.key} flag={flag.key} />
          ) : (
            <span className={classes.dim}>–</span>
          ),
      },
      lifecycle: {
        id: "lifecycle",
        header: "Lifecycle",
        width: "104px",
        cell: (flag) => <LifecycleCell project={project.key} environment={environment.key} flag={flag.key} />,
      },
      experiment: {
        id: "experiment",
        header: "Experiment",
        width: "140px",
        cell: (flag) => <Experiments project={project.key} flag={flag} />,
      },
      tags: { id: "tags", header: "Tags", width: "96px", cell: (flag) => <Line text={flag.tags.join(", ")} /> },
      owner: {
        id: "owner",
        header: "Owner",
        width: "104px",
        cell: (flag) => <Line text={names.get(flag.owner ?? "") ?? flag.owner} title={flag.owner} />,
      },
      purpose: { id: "purpose", header: "Purpose", width: "110px", cell: (flag) => capital(flag.purpose) },
      type: { id: "type", header: "Type", width: "90px", cell: (flag) => capital(flag.type) },
      changed: {
        id: "changed",
        header: "Changed",
        width: "104px",
        sort: "updated_at",
        cell: (flag) => <Changed flag={flag} />,
      },
    };
    return [
      { id: "name", header: "Flag", sort: "key", width: "20%", cell: (flag) => <Name flag={flag} /> },
      ...switches,
      ...chosen.shown.map((id) => facts[id]),
    ];
  }, [environments, environment, chosen, permissions, names, mayRead, project.key, turn]);
}

function Name({ flag }: { readonly flag: Flag }) {
  return (
    <span className={classes.name} title={flag.description || undefined}>
      <span>
        {flag.name}
        {flag.archived && <span className={classes.key}> archived</span>}
      </span>
      {flag.name !== flag.key && <span className={classes.key}>{flag.key}</span>}
    </span>
  );
}

/** On one line, cut where the column ends; all of it under the pointer, and on the flag's page. */
function Line({ text, title = text }: { readonly text: string | null; readonly title?: string | null }) {
  if (text === null || text === "") return <span className={classes.dim}>–</span>;
  return (
    <span className={classes.line} title={title ?? undefined}>
      {text}
    </span>
  );
}

function Experiments({ project, flag }: { readonly project: string; readonly flag: Flag }) {
  const keys = new Set(
    Object.values(flag.environments).flatMap((each) => (each.experiments ?? []).map((one) => one.key)),
  );
  if (keys.size === 0) return <span className={classes.dim}>–</span>;
  return (
    <>
      {[...keys].map((key) => (
        <PageLink key={key} to={pagePath(project, "experiments", key)}>
          {key}
        </PageLink>
      ))}
    </>
  );
}

/** When anything of it was changed last, here or in an environment. */
function Changed({ flag }: { readonly flag: Flag }) {
  const moments = Object.values(flag.environments).flatMap((each) => each.changed_at ?? []);
  const last = [flag.updated_at, ...moments].reduce((one, other) =>
    Date.parse(one) >= Date.parse(other) ? one : other,
  );
  return <Time at={last} />;
}

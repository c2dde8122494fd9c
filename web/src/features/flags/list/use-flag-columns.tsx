import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { usePlace } from "@/api/place";
import { allowance } from "@/api/rights";
import { Sparkline } from "@/charts/Sparkline";
import type { Column } from "@/components/DataTable";
import { PageLink } from "@/components/PageLink";
import { Time } from "@/components/Time";
import { count, shortCount } from "@/lib/format";
import { pagePath } from "@/lib/url";
import type { Columns, OptionalColumn } from "./columns";
import { capital } from "./FlagFilters";
import classes from "./list.module.css";
import { type Flag, permissionsQuery, runningExperimentsQuery, type Usage } from "./queries";
import { SwitchCell } from "./SwitchCell";
import { servedWords } from "./serving";
import type { SwitchFlag } from "./use-switching";
import { useUsage } from "./use-usage";

type FlagColumn = Column<Flag>;

/** The columns that are chosen. They stay the same while nothing behind them changes, so that rows are not drawn anew. */
export function useFlagColumns(rows: readonly Flag[], chosen: Columns, turn: SwitchFlag): readonly FlagColumn[] {
  const { project, environment, environments } = usePlace();
  const keys = useMemo(
    () => (chosen.shown.includes("usage") ? rows.map((each) => each.key) : []),
    [rows, chosen.shown],
  );
  const usage = useUsage(project.key, environment.key, keys);
  const experiments = useQuery(runningExperimentsQuery(project.key)).data;
  const permissions = useQuery(permissionsQuery(project.key)).data;
  return useMemo(() => {
    const switches = environments
      .filter((each) => chosen.environments.includes(each.key))
      .map((each): FlagColumn => {
        const { reason } = allowance(permissions, "flag:toggle", each.key);
        return {
          id: `in ${each.key}`,
          header: each.name,
          width: "150px",
          cell: (flag) => (
            <SwitchCell
              flag={flag}
              environment={each}
              reason={reason}
              served={servedWords(flag, each.key)}
              turn={turn}
            />
          ),
        };
      });
    const facts: Record<OptionalColumn, FlagColumn> = {
      usage: {
        id: "usage",
        header: "Usage",
        width: "150px",
        cell: (flag) => <UsageCell usage={usage.get(flag.key)} />,
      },
      experiment: {
        id: "experiment",
        header: "Experiment",
        width: "150px",
        cell: (flag) => (
          <>
            {(experiments?.[flag.key] ?? []).map((each) => (
              <PageLink key={each.key} to={pagePath(project.key, "experiments", each.key)}>
                {each.name}
              </PageLink>
            ))}
          </>
        ),
      },
      tags: { id: "tags", header: "Tags", width: "130px", cell: (flag) => <Tags tags={flag.tags} /> },
      owner: {
        id: "owner",
        header: "Owner",
        width: "140px",
        cell: (flag) => flag.owner ?? <span className={classes.dim}>–</span>,
      },
      purpose: { id: "purpose", header: "Purpose", width: "110px", cell: (flag) => capital(flag.purpose) },
      type: { id: "type", header: "Type", width: "90px", cell: (flag) => capital(flag.type) },
      changed: {
        id: "changed",
        header: "Changed",
        width: "120px",
        sort: "updated_at",
        cell: (flag) => <Time at={flag.updated_at} />,
      },
    };
    return [
      { id: "name", header: "Flag", sort: "key", cell: (flag) => <Name flag={flag} /> },
      ...switches,
      ...chosen.shown.map((id) => facts[id]),
    ];
  }, [environments, chosen, permissions, usage, experiments, project.key, turn]);
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

function Tags({ tags }: { readonly tags: readonly string[] }) {
  if (tags.length === 0) return <span className={classes.dim}>–</span>;
  return <span>{tags.join(", ")}</span>;
}

function UsageCell({ usage }: { readonly usage: Usage | undefined }) {
  if (usage === undefined) return <span className={classes.dim}>–</span>;
  const told = `${count(usage.evaluations)} evaluations in 7 days`;
  return (
    <span className={classes.usage} title={told}>
      <Sparkline label={told} values={usage.points} width={72} height={20} />
      <span className={classes.dim}>{shortCount(usage.evaluations)}</span>
    </span>
  );
}

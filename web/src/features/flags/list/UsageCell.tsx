import { memo } from "react";
import { Sparkline } from "@/charts/Sparkline";
import { count, shortCount } from "@/lib/format";
import classes from "./list.module.css";
import { type Usage, usageQuery } from "./queries";
import { RowFact } from "./RowFact";

interface Props {
  readonly project: string;
  readonly environment: string;
  readonly flag: string;
}

/** How often a flag was evaluated; asked together with the other rows in view. */
export const UsageCell = memo(function UsageCell({ project, environment, flag }: Props) {
  return <RowFact query={usageQuery(project, environment, flag)}>{drawn}</RowFact>;
});

function drawn(usage: Usage | null | undefined) {
  if (usage === undefined || usage === null) return <span className={classes.dim}>–</span>;
  const told = `${count(usage.evaluations)} evaluations in 7 days`;
  return (
    <span className={classes.usage} title={told}>
      <Sparkline label={told} values={usage.points} width={48} height={20} />
      <span className={classes.dim}>{shortCount(usage.evaluations)}</span>
    </span>
  );
}

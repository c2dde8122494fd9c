import { useQuery } from "@tanstack/react-query";
import { memo } from "react";
import { Sparkline } from "@/charts/Sparkline";
import { count, shortCount } from "@/lib/format";
import classes from "./list.module.css";
import { usageQuery } from "./queries";

interface Props {
  readonly project: string;
  readonly environment: string;
  readonly flag: string;
}

/** How often a flag was evaluated; asked together with the other rows in view. */
export const UsageCell = memo(function UsageCell({ project, environment, flag }: Props) {
  const usage = useQuery(usageQuery(project, environment, flag)).data;
  if (usage === undefined || usage === null) return <span className={classes.dim}>–</span>;
  const told = `${count(usage.evaluations)} evaluations in 7 days`;
  return (
    <span className={classes.usage} title={told}>
      <Sparkline label={told} values={usage.points} width={48} height={20} />
      <span className={classes.dim}>{shortCount(usage.evaluations)}</span>
    </span>
  );
});

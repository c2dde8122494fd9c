import { useQuery } from "@tanstack/react-query";
import { memo } from "react";
import { capital } from "@/lib/format";
import { lifecycleWords } from "@/lib/lifecycle";
import classes from "./list.module.css";
import { lifecycleThereQuery } from "./queries";

interface Props {
  readonly project: string;
  readonly environment: string;
  readonly flag: string;
}

/** How far a flag has come; why stands under the pointer, and on the flag's page. */
export const LifecycleCell = memo(function LifecycleCell({ project, environment, flag }: Props) {
  const there = useQuery(lifecycleThereQuery(project, environment, flag)).data;
  if (there === undefined || there === null) return <span className={classes.dim}>–</span>;
  return (
    <span className={there.state === "unknown" ? classes.dim : classes.lifecycle} title={there.detail}>
      {capital(lifecycleWords(there.state))}
    </span>
  );
});

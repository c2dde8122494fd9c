import { memo } from "react";
import { capital } from "@/lib/format";
import { lifecycleWords } from "@/lib/lifecycle";
import classes from "./list.module.css";
import { lifecycleThereQuery } from "./queries";
import { RowFact } from "./RowFact";

interface Props {
  readonly project: string;
  readonly environment: string;
  readonly flag: string;
}

/** How far a flag has come; why stands under the pointer, and on the flag's page. */
export const LifecycleCell = memo(function LifecycleCell({ project, environment, flag }: Props) {
  return (
    <RowFact query={lifecycleThereQuery(project, environment, flag)}>
      {(there) =>
        there === undefined || there === null ? (
          <span className={classes.dim}>–</span>
        ) : (
          <span className={there.state === "unknown" ? classes.dim : classes.lifecycle} title={there.detail}>
            {capital(lifecycleWords(there.state))}
          </span>
        )
      }
    </RowFact>
  );
});

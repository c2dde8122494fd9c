import { Alert, Anchor } from "@mantine/core";
import type { FieldProblem } from "@/api/problem";
import classes from "./flag.module.css";

/** All that was refused, each leading to its control. */
export function Refused({
  errors,
  onGo,
}: {
  readonly errors: readonly FieldProblem[];
  readonly onGo: (path: string) => void;
}) {
  return (
    <Alert color="red" variant="light" role="alert" title="This can't be saved yet">
      <ul className={classes.refused}>
        {errors.map((each) => (
          <li key={`${each.field} ${each.code}`}>
            <Anchor component="button" type="button" onClick={() => onGo(each.field)}>
              <code>{each.field}</code>
            </Anchor>
            : {each.message}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

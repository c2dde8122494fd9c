import { Alert, Anchor } from "@mantine/core";
import type { FieldProblem } from "@/api/problem";
import { Sentence } from "../Sentence";
import classes from "./Refusals.module.css";

interface Props {
  readonly errors: readonly FieldProblem[];
  readonly onGo: (path: string) => void;
  /** Of the fields, those that have a control to go to; all of them without it. */
  readonly reachable?: ReadonlySet<string>;
}

/** All that was refused, each leading to its control. */
export function Refused({ errors, onGo, reachable }: Props) {
  return (
    <Alert color="red" variant="light" role="alert" title="This can't be saved yet" className={classes.above}>
      <ul className={classes.list}>
        {errors.map((each) => (
          <li key={`${each.field} ${each.code} ${each.message}`}>
            {reachable === undefined || reachable.has(each.field) ? (
              <Anchor component="button" type="button" onClick={() => onGo(each.field)}>
                <code>{each.field}</code>
              </Anchor>
            ) : (
              <code>{each.field}</code>
            )}
            : <Sentence text={each.message} />
          </li>
        ))}
      </ul>
    </Alert>
  );
}

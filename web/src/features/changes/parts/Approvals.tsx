import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { percent, plural } from "@/lib/format";
import classes from "../pages/changes.module.css";
import type { Approval } from "../queries";

/** Against the rule of each environment: who has approved, and how many are missing. */
export function Approvals({ approvals }: { readonly approvals: readonly Approval[] }) {
  return (
    <Card title="Approvals">
      {approvals.length === 0 && <p className={classes.hint}>No environment that it touches asks for approval.</p>}
      {approvals.map((each) => (
        <div key={each.environment} className={classes.comment}>
          <div className={classes.commentHead}>
            <strong>{each.environment}</strong>
            <Badge tone={each.missing === 0 ? "good" : "caution"}>
              {each.needed === 0
                ? "Needs none"
                : each.missing === 0
                  ? "Approved"
                  : `${each.needed - each.missing} of ${each.needed}`}
            </Badge>
          </div>
          {each.needed > 0 && (
            <p className={classes.hint}>
              {each.approved_by.length > 0 &&
                `Approved by ${each.approved_by.map((person) => person.name).join(", ")}. `}
              {each.missing > 0 &&
                `${plural(each.missing, "more person", "more people")} with ${each.reviewer_right} must approve. `}
              {each.changed_percent !== null && `The rule saw ${percent(each.changed_percent)} of the units change.`}
            </p>
          )}
        </div>
      ))}
    </Card>
  );
}

import { VisuallyHidden } from "@mantine/core";
import { Badge } from "@/components/Badge";
import { amount, count, signedAmount } from "@/lib/format";
import { FINDINGS } from "../model";
import type { Finding } from "../queries";
import classes from "./rollouts.module.css";

/** What the monitor found of each guard: the sentence first, its figures below. */
export function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  return (
    <div>
      {findings.map((each) => (
        <div key={each.guard} className={classes.entry}>
          <div className={classes.entryHead}>
            <strong>{each.guard}</strong>
            <Badge tone={FINDINGS[each.state].tone}>{FINDINGS[each.state].label}</Badge>
          </div>
          <p>{each.sentence}</p>
          {each.new.units + each.rest.units > 0 && <Figures finding={each} />}
        </div>
      ))}
    </div>
  );
}

/** Who was compared, and by how much they differ; the interval is at the error rate that the guard has used. */
export function Figures({ finding }: { readonly finding: Finding }) {
  return (
    <div className={classes.scroll}>
      <table className={classes.figures}>
        <caption>
          <VisuallyHidden>Figures of the guard {finding.guard}</VisuallyHidden>
        </caption>
        <thead>
          <tr>
            <th scope="col">Compared</th>
            <th scope="col">Units</th>
            <th scope="col">Mean</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <td>The new variation</td>
            <td>{count(finding.new.units)}</td>
            <td>{amount(finding.new.mean)}</td>
          </tr>
          <tr>
            <td>The rest</td>
            <td>{count(finding.rest.units)}</td>
            <td>{amount(finding.rest.mean)}</td>
          </tr>
        </tbody>
      </table>
      {finding.estimate !== null && (
        <p className={classes.hint}>
          Difference {signedAmount(finding.estimate)}, between{" "}
          {finding.lower === null ? "no bound" : signedAmount(finding.lower)} and{" "}
          {finding.upper === null ? "no bound" : signedAmount(finding.upper)}; below zero is worse. The interval holds
          at all looks together, at an error rate of {finding.alpha_used.toPrecision(2)} ({finding.statistic}).
        </p>
      )}
    </div>
  );
}

import { VisuallyHidden } from "@mantine/core";
import { Badge } from "@/components/Badge";
import { Sideways } from "@/components/Sideways";
import { amount, count, signedAmount } from "@/lib/format";
import { FINDINGS, type Guard, guardWords } from "../model";
import type { Finding } from "../queries";
import classes from "./rollouts.module.css";

interface Props {
  readonly guards: readonly Guard[];
  readonly findings: readonly Finding[];
}

/** Each guard in words, and what the monitor found of it last: the sentence first, its figures below. */
export function Findings({ guards, findings }: Props) {
  return (
    <div>
      {guards.map((guard) => {
        const found = findings.find((each) => each.guard === guard.id);
        return (
          <div key={guard.id ?? guardWords(guard)} className={classes.entry}>
            <div className={classes.entryHead}>
              <strong>{guardWords(guard)}</strong>
              {found !== undefined && <Badge tone={FINDINGS[found.state].tone}>{FINDINGS[found.state].label}</Badge>}
            </div>
            {found !== undefined && <p className={classes.finding}>{found.sentence}</p>}
            {found !== undefined && found.new.units + found.rest.units > 0 && <Figures finding={found} />}
          </div>
        );
      })}
    </div>
  );
}

/** Who was compared, and by how much they differ; the interval is at the error rate that the guard has used. */
export function Figures({ finding }: { readonly finding: Finding }) {
  const hasMeans = finding.new.mean !== null || finding.rest.mean !== null;
  return (
    <Sideways label="Figures">
      <table className={classes.figures}>
        <caption>
          <VisuallyHidden>Figures of the guard {finding.guard}</VisuallyHidden>
        </caption>
        <thead>
          <tr>
            <th scope="col">Compared</th>
            <th scope="col">Units</th>
            {hasMeans && <th scope="col">Mean</th>}
          </tr>
        </thead>
        <tbody>
          <tr>
            <td>The new variation</td>
            <td>{count(finding.new.units)}</td>
            {hasMeans && <td>{amount(finding.new.mean)}</td>}
          </tr>
          <tr>
            <td>The rest</td>
            <td>{count(finding.rest.units)}</td>
            {hasMeans && <td>{amount(finding.rest.mean)}</td>}
          </tr>
        </tbody>
      </table>
      {finding.estimate !== null && (
        <p className={`${classes.hint} ${classes.below}`}>
          Difference {signedAmount(finding.estimate)}, between{" "}
          {finding.lower === null ? "no bound" : signedAmount(finding.lower)} and{" "}
          {finding.upper === null ? "no bound" : signedAmount(finding.upper)}; below zero is worse. The interval holds
          at all looks together, at an error rate of {finding.alpha_used.toPrecision(2)}.
        </p>
      )}
    </Sideways>
  );
}

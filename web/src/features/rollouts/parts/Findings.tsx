import { VisuallyHidden } from "@mantine/core";
import { Badge } from "@/components/Badge";
import { Sentence } from "@/components/Sentence";
import { Sideways } from "@/components/Sideways";
import { count } from "@/lib/format";
import { effectWords, FINDINGS, figureWords, type Guard, guardWords } from "../model";
import type { Finding, WatchedMetrics } from "../queries";
import classes from "./rollouts.module.css";

interface Props {
  readonly guards: readonly Guard[];
  readonly findings: readonly Finding[];
  readonly watched: WatchedMetrics;
}

/** Each guard in words, and what the monitor found of it last: the sentence first, its figures below. */
export function Findings({ guards, findings, watched }: Props) {
  return (
    <div>
      {guards.map((guard) => {
        const found = findings.find((each) => each.guard === guard.id);
        return (
          <div key={guard.id ?? guardWords(guard, watched)} className={classes.entry}>
            <div className={classes.entryHead}>
              <strong>{guardWords(guard, watched)}</strong>
              {found !== undefined && <Badge tone={FINDINGS[found.state].tone}>{FINDINGS[found.state].label}</Badge>}
            </div>
            {found !== undefined && (
              <p className={classes.finding}>
                <Sentence text={found.sentence} />
              </p>
            )}
            {found !== undefined && found.new.units + found.rest.units > 0 && (
              <Figures finding={found} rate={watched.get(guard.metric ?? "")?.isRate === true} />
            )}
          </div>
        );
      })}
    </div>
  );
}

/** Who was compared, and by how much they differ; the interval is at the error rate that the guard has used. */
export function Figures({ finding, rate }: { readonly finding: Finding; readonly rate: boolean }) {
  const { mean } = figureWords(rate);
  const effect = effectWords(finding, rate);
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
            {hasMeans && <td>{mean(finding.new.mean)}</td>}
          </tr>
          <tr>
            <td>The rest</td>
            <td>{count(finding.rest.units)}</td>
            {hasMeans && <td>{mean(finding.rest.mean)}</td>}
          </tr>
        </tbody>
      </table>
      {effect !== null && (
        <p className={`${classes.hint} ${classes.below}`}>
          {effect}. The interval holds at all looks together, at an error rate of {finding.alpha_used.toPrecision(2)}.
        </p>
      )}
    </Sideways>
  );
}

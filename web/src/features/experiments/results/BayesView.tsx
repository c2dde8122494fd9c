import { Alert } from "@mantine/core";
import { Card } from "@/components/Card";
import { Icon } from "@/components/Icon";
import { Sideways } from "@/components/Sideways";
import { lift, points, rate } from "@/lib/format";
import { treatments } from "./model";
import type { Result } from "./queries";
import styles from "./results.module.css";

/** A second view with its prior: it decides nothing. */
export function BayesView({ result }: { result: Result }) {
  const rows = result.metrics.flatMap((metric) =>
    treatments(metric).flatMap(({ variation, comparison }) =>
      comparison.bayes ? [{ metric, variation: variation.variation, bayes: comparison.bayes }] : [],
    ),
  );
  const first = rows[0]?.bayes;
  return (
    <Card title="A second view: Bayes" subtitle="It decides nothing on this page.">
      {first && (
        <Alert color="gray" variant="light" icon={<Icon name="info" />}>
          {sentenceOf(first.caution)} Prior: {first.prior}.
        </Alert>
      )}
      {rows.length === 0 && <p className={styles.reason}>There are no figures to show in this view yet.</p>}
      {rows.length > 0 && (
        <Sideways label="Bayesian figures">
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col">Variation</th>
                <th scope="col">Chance to be better</th>
                <th scope="col">Credible interval</th>
                <th scope="col">Expected loss if it is shipped</th>
                <th scope="col">…if the control stays</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ metric, variation, bayes }) => {
                const format = bayes.scale === "lift" ? lift : points;
                return (
                  <tr key={`${metric.metric} ${variation}`}>
                    <th scope="row">{metric.name}</th>
                    <td>{variation}</td>
                    <td>{rate(bayes.chance_to_win)}</td>
                    <td>
                      {format(bayes.lower)} to {format(bayes.upper)}
                    </td>
                    <td>{format(bayes.expected_loss_treatment)}</td>
                    <td>{format(bayes.expected_loss_control)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </Sideways>
      )}
    </Card>
  );
}

function sentenceOf(words: string): string {
  const first = words.charAt(0).toUpperCase() + words.slice(1);
  return first.endsWith(".") ? first : `${first}.`;
}

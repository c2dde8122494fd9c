import { Button } from "@mantine/core";
import { useState } from "react";
import { Card } from "@/components/Card";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { Sideways } from "@/components/Sideways";
import { plural, pValue, signedAmount } from "@/lib/format";
import { pagePath } from "@/lib/url";
import { type Asked, type Interactions, useInteractions } from "./queries";
import styles from "./results.module.css";

/** Whether the effect is another one among users of an experiment that ran at the same time. It is asked for: it is much
 * work, and decides nothing. */
export function InteractionsCard({ asked }: { asked: Asked }) {
  const [wanted, setWanted] = useState(false);
  const interactions = useInteractions(asked, wanted);
  return (
    <Card
      title="Interactions"
      subtitle="Exploratory: is the effect another one among users of an experiment that ran at the same time?"
      actions={
        wanted ? undefined : (
          <Button variant="default" size="xs" onClick={() => setWanted(true)}>
            Look for interactions
          </Button>
        )
      }
    >
      {wanted && (
        <QueryView query={interactions} part>
          {(found: Interactions) => <Found found={found} project={asked.project} />}
        </QueryView>
      )}
    </Card>
  );
}

function Found({ found, project }: { found: Interactions; project: string }) {
  if (found.pairs.length === 0)
    return <p className={styles.reason}>No other experiment with common users ran at the same time.</p>;
  const rows = found.pairs.flatMap((pair) =>
    pair.metrics.flatMap((metric) => metric.interactions.map((interaction) => ({ pair, metric, interaction }))),
  );
  const seen = rows.filter(({ interaction }) => interaction.found).length;
  return (
    <>
      <p className={styles.reason}>
        {plural(found.pairs.length, "experiment")} with common users;{" "}
        {seen === 0 ? "no effect differs" : `${plural(seen, "effect")} differ`}.
      </p>
      {rows.length > 0 && (
        <Sideways label="Interactions">
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Experiment</th>
                <th scope="col">Metric</th>
                <th scope="col">Variations</th>
                <th scope="col">Effect with its control</th>
                <th scope="col">With its variation</th>
                <th scope="col">Difference</th>
                <th scope="col">Adjusted p</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ pair, metric, interaction }) => (
                <tr
                  key={`${pair.experiment_id} ${metric.metric} ${interaction.variation} ${interaction.other_variation}`}
                >
                  <th scope="row">
                    <PageLink to={pagePath(project, "experiments", pair.experiment)}>{pair.name}</PageLink>
                  </th>
                  <td>{metric.name}</td>
                  <td>
                    {interaction.variation} × {interaction.other_variation}
                  </td>
                  <td>{signedAmount(interaction.effect_with_control)}</td>
                  <td>{signedAmount(interaction.effect_with_variation)}</td>
                  <td>
                    {signedAmount(interaction.difference)} ({signedAmount(interaction.lower)} to{" "}
                    {signedAmount(interaction.upper)})
                  </td>
                  <td>{pValue(interaction.adjusted_p)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sideways>
      )}
      <p className={styles.hint}>{found.caution}.</p>
    </>
  );
}

import { Alert } from "@mantine/core";
import { Icon } from "@/components/Icon";
import { Sentence } from "@/components/Sentence";
import { Sideways } from "@/components/Sideways";
import { type amount, count, lift, plural, pValue, signedAmount } from "@/lib/format";
import styles from "../results/results.module.css";
import type { HoldoutEffect } from "./queries";

type Amount = NonNullable<HoldoutEffect["metrics"][number]["lift"]>;

/** The rest against the held out, per metric of the experiments. */
export function HoldoutEffectView({ effect }: { effect: HoldoutEffect }) {
  return (
    <>
      <p className={styles.reason}>
        {count(effect.held_out_units)} held out against {count(effect.rest_units)} others, over{" "}
        {plural(Math.ceil(effect.days), "day")} and {plural(effect.experiments.length, "experiment")}.
      </p>
      {effect.problem !== null && (
        <Alert color="gray" variant="light" icon={<Icon name="info" />}>
          <Sentence text={effect.problem} />
        </Alert>
      )}
      {effect.mismatch === true && (
        <Alert color="orange" variant="light" icon={<Icon name="warning" />} title="The sides don't fit the share">
          These effects can't be trusted before it is known why.
        </Alert>
      )}
      {effect.metrics.length > 0 && (
        <Sideways label="Effect by metric">
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col">Lift</th>
                <th scope="col">So far</th>
                <th scope="col">A year at this pace</th>
                <th scope="col">p</th>
              </tr>
            </thead>
            <tbody>
              {effect.metrics.map((each) => (
                <tr key={each.metric}>
                  <th scope="row">{each.name}</th>
                  <td>{range(each.lift, lift)}</td>
                  <td>{range(each.total, signedAmount)}</td>
                  <td>{range(each.yearly, signedAmount)}</td>
                  <td>{pValue(each.p_value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sideways>
      )}
      <p className={styles.hint}>
        {effect.caution}. Engine {effect.engine_version}.
      </p>
    </>
  );
}

function range(found: Amount | null, format: typeof amount): string {
  if (found === null || found.estimate === null) return "–";
  if (found.lower === null || found.upper === null) return format(found.estimate);
  return `${format(found.estimate)} (${format(found.lower)} to ${format(found.upper)})`;
}

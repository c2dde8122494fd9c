import { KeyValue } from "@/components/KeyValue";
import { Sentence } from "@/components/Sentence";
import { Sideways } from "@/components/Sideways";
import { count, lift, plural, pValue, rate } from "@/lib/format";
import { effectWords, marginWords, meanOf } from "./formats";
import { intervalName, treatments } from "./model";
import type { Comparison, FixedHorizon, Metric, Result } from "./queries";
import styles from "./results.module.css";
import { methodWords } from "./words";

interface Props {
  metric: Metric;
  result: Result;
  early: boolean;
}

/** All of it: p beside its interval, method, level, comparisons and the adjusted p; and what stands beside the result. */
export function MetricDetails({ metric, result, early }: Props) {
  const compared = treatments(metric);
  if (compared.length === 0) return null;
  const hidden = compared.every((each) => each.comparison.reading.state === "too_early") && !early;
  return (
    <details className={styles.details}>
      <summary>Details of {metric.name}</summary>
      <div className={styles.detailsBody}>
        {hidden && <p className={styles.reason}>The plan decides later; until then there is no figure to detail.</p>}
        {!hidden &&
          compared.map(({ variation, comparison }) => (
            <section key={variation.variation}>
              {compared.length > 1 && <h4 className={styles.small}>{variation.variation}</h4>}
              <p className={styles.reason}>
                <Sentence text={comparison.reading.sentence} />
              </p>
              <KeyValue items={items(metric, comparison, result)} />
              <Besides metric={metric} comparison={comparison} />
              {comparison.warnings.map((each) => (
                <p key={each.status + each.message} className={styles.hint}>
                  <Sentence text={each.message} />
                </p>
              ))}
            </section>
          ))}
        <Steps metric={metric} />
      </div>
    </details>
  );
}

function items(metric: Metric, comparison: Comparison, result: Result) {
  const { reading, mde, guardrail } = comparison;
  const family = metric.role === "goal" ? result.family : result.exploratory_family;
  const rows = [
    {
      label: intervalName(comparison),
      value: `lift ${effectWords(metric, comparison, "lift")}; difference ${effectWords(metric, comparison, "difference")}`,
    },
    {
      label: "p",
      value: `${pValue(reading.p_value)}, adjusted ${pValue(reading.adjusted_p)}, against alpha ${reading.alpha}`,
    },
    { label: "Method", value: `${methodWords(reading.method)}; lift by ${methodWords(comparison.lift.method)}` },
    {
      label: "Comparisons",
      value:
        metric.role === "guardrail" || !family
          ? "judged with the other guardrails"
          : `${plural(family.size, "test")}, adjusted by ${methodWords(family.method)}`,
    },
    { label: "Units compared", value: count(comparison.units_compared) },
  ];
  if (guardrail) {
    rows.push({
      label: "Margin",
      value: `${marginWords(metric, comparison)}: ${guardrail.state.replaceAll("_", " ")}. ${guardrail.rule}${guardrail.power === null ? "" : ` Power to prove it: ${rate(guardrail.power)}.`}`,
    });
  }
  if (mde && mde.relative !== null) {
    rows.push({
      label: "Found by now",
      value: `a true lift of ${lift(mde.relative)} or more, with power ${rate(mde.power)}`,
    });
  }
  return rows;
}

/** What adjusted and capped figures are without it, side by side. */
function Besides({ metric, comparison }: { metric: Metric; comparison: Comparison }) {
  const { cuped, winsor, post_stratified: strata, fixed_horizon: single } = comparison;
  const rows: { name: string; lift: string; difference: string; p: string }[] = [];
  const add = (name: string, of: FixedHorizon | null | undefined) => {
    if (!of) return;
    rows.push({
      name,
      lift: effectWords(metric, of, "lift"),
      difference: effectWords(metric, of, "difference"),
      p: pValue(of.p_value),
    });
  };
  if (comparison.decided_by !== "fixed" || cuped || winsor) add("One look", single);
  if (cuped) add("One look, unadjusted", cuped.unadjusted);
  if (winsor) add("One look, uncapped", winsor.uncapped);
  return (
    <>
      {rows.length > 0 && (
        <Sideways label="Beside the main figure">
          <table className={styles.table}>
            <caption className={styles.hint}>{single.caution}</caption>
            <thead>
              <tr>
                <th scope="col">Beside it</th>
                <th scope="col">Lift</th>
                <th scope="col">Difference</th>
                <th scope="col">p</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((each) => (
                <tr key={each.name}>
                  <th scope="row">{each.name}</th>
                  <td>{each.lift}</td>
                  <td>{each.difference}</td>
                  <td>{each.p}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sideways>
      )}
      {cuped && (
        <p className={styles.hint}>
          {cuped.applied
            ? `CUPED took away ${rate(cuped.variance_reduction)} of the variance, by ${plural(cuped.covariates.length, "covariate")}; ${rate(cuped.history_share)} of the units have a history.`
            : `CUPED was not applied: ${cuped.reason ?? "no history"}.`}
        </p>
      )}
      {winsor && (
        <p className={styles.hint}>
          Capped at {meanOf(metric, winsor.cap)}, the percentile {100 * winsor.percentile} of{" "}
          {winsor.of === "nonzero" ? "the values that are not 0" : "all values"}; it cut {rate(winsor.share_capped)} of
          the units.
        </p>
      )}
      {strata && (
        <p className={styles.hint}>
          Within {plural(strata.strata, "stratum", "strata")} of {strata.attribute}: {meanOf(metric, strata.difference)}{" "}
          ({meanOf(metric, strata.lower)} to {meanOf(metric, strata.upper)}), {strata.caution}.
        </p>
      )}
    </>
  );
}

function Steps({ metric }: { metric: Metric }) {
  if (metric.steps.length === 0) return null;
  return (
    <Sideways label="Steps">
      <table className={styles.table}>
        <caption className={styles.hint}>How many units took each step, and all before it</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            {metric.variations.map((each) => (
              <th key={each.variation} scope="col">
                {each.variation}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {metric.steps.map((step) => (
            <tr key={step.event}>
              <th scope="row">{step.event}</th>
              {metric.variations.map((each) => (
                <td key={each.variation}>{count(step.units[each.variation])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Sideways>
  );
}

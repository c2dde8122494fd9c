import { outcomeSign } from "@/charts/palette";
import { Sentence } from "@/components/Sentence";
import { plural } from "@/lib/format";
import { effectWords, level, marginWords } from "./formats";
import { MetricDetails } from "./MetricDetails";
import { controlOf, type Scale, shownEffect, type Treatment, treatments } from "./model";
import type { Metric, MetricVariation, Result } from "./queries";
import styles from "./results.module.css";
import { Swatch } from "./UnitsCard";
import { readingOutcome, readingWord } from "./words";

interface Props {
  metric: Metric;
  places: ReadonlyMap<string, number>;
  scale: Scale;
  early: boolean;
  result: Result;
}

/** One metric: what it says in words, then each variation's level beside the control's. */
export function MetricBlock({ metric, places, scale, early, result }: Props) {
  const control = controlOf(metric);
  const compared = treatments(metric);
  return (
    <article className={styles.metric}>
      <div className={styles.metricHead}>
        <h3>{metric.name}</h3>
        {!metric.higher_is_better && <span className={styles.hint}>less is better</span>}
      </div>
      {compared.length === 0 && (
        <p className={styles.reason}>
          <Sentence text={metric.explanation} />
        </p>
      )}
      <ul className={styles.levels}>
        {control && (
          <li>
            <Level variation={control} place={0} />
            <span className={styles.hint}>control</span>
          </li>
        )}
        {compared.map((each) => (
          <li key={each.variation.variation}>
            <Level variation={each.variation} place={places.get(each.variation.variation) ?? 1} />
            <span className={styles.effect}>
              <Effect metric={metric} treatment={each} scale={scale} early={early} />
            </span>
          </li>
        ))}
      </ul>
      {metric.warnings.map((each) => (
        <p key={each.status + each.message} className={styles.hint}>
          <Sentence text={each.message} />
        </p>
      ))}
      <MetricDetails metric={metric} result={result} early={early} />
    </article>
  );
}

/** A variation's own figure, in columns that stand below each other. */
function Level({ variation, place }: { variation: MetricVariation; place: number }) {
  return (
    <>
      <span>
        <Swatch place={place} />
        {variation.variation}
      </span>{" "}
      <span className={styles.level}>{level(variation)}</span>{" "}
      <span className={styles.hint}>of {plural(variation.units, "unit")}</span>{" "}
    </>
  );
}

function Effect({
  metric,
  treatment,
  scale,
  early,
}: {
  metric: Metric;
  treatment: Treatment;
  scale: Scale;
  early: boolean;
}) {
  const { comparison } = treatment;
  const { state } = comparison.reading;
  const outcome = readingOutcome(state);
  const unread = state === "too_early" && !early;
  return (
    <>
      <span className={styles.reading} data-outcome={outcome}>
        {outcomeSign(outcome)} {readingWord(state)}
      </span>
      {!unread && state !== "not_estimable" && ` ${effectWords(metric, shownEffect(comparison, early), scale)}`}
      {state === "not_estimable" && (
        <span className={styles.hint}>
          {" "}
          <Sentence text={comparison.explanation} />
        </span>
      )}
      {comparison.guardrail && <span className={styles.hint}> margin {marginWords(metric, comparison)}</span>}
      {metric.role === "guardrail" && !comparison.guardrail && (
        <span className={styles.hint}> without a margin, so it decides nothing</span>
      )}
    </>
  );
}

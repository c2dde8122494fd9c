import { SegmentedControl } from "@mantine/core";
import type { ReactNode } from "react";
import { BayesView } from "./BayesView";
import { DecisionCard } from "./DecisionCard";
import { Disturbances } from "./Disturbances";
import { EarlyFigures } from "./EarlyFigures";
import { HealthCard } from "./HealthCard";
import { InteractionsCard } from "./InteractionsCard";
import { MetricGroupCard } from "./MetricGroupCard";
import { groups, isEarly, problems } from "./model";
import { OverTimeCard } from "./OverTimeCard";
import type { Asked, Decision, Result } from "./queries";
import styles from "./results.module.css";
import { SegmentsCard } from "./SegmentsCard";
import type { ResultsSearch, SetResultsSearch } from "./search";
import { UnitsCard } from "./UnitsCard";
import { Veil } from "./Veil";

interface Props {
  asked: Asked;
  result: Result;
  search: ResultsSearch;
  set: SetResultsSearch;
  /** Of a snapshot nothing further can be asked: it is what it was. */
  stored?: boolean;
  action: (decision: Decision) => ReactNode;
}

/** The decision first, then what it rests on, and the figures last. */
export function ResultsView({ asked, result, search, set, stored = false, action }: Props) {
  const withBayes = result.metrics.some((metric) => metric.variations.some((each) => each.comparison?.bayes));
  const bayes = withBayes && search.view === "bayes";
  const shown = groups(result.metrics);
  return (
    <div className={styles.stack}>
      <DecisionCard result={result} action={action} />
      <HealthCard health={result.health} />
      <Disturbances found={result.disturbances} />
      <UnitsCard asked={asked} result={result} />
      {result.experiment.start_at !== null && (
        <Veil problems={problems(result.health)}>
          <div className={styles.switches}>
            <SegmentedControl
              aria-label="Scale"
              size="xs"
              value={search.scale}
              onChange={(value) => set({ scale: value === "difference" ? "difference" : "lift" })}
              data={[
                { value: "lift", label: "Lift" },
                { value: "difference", label: "Difference" },
              ]}
            />
            {withBayes && (
              <SegmentedControl
                aria-label="View"
                size="xs"
                value={search.view}
                onChange={(value) => set({ view: value === "bayes" ? "bayes" : "frequentist" })}
                data={[
                  { value: "frequentist", label: "By the plan" },
                  { value: "bayes", label: "Bayes" },
                ]}
              />
            )}
          </div>
          {bayes && <BayesView result={result} />}
          {!bayes && shown.some((group) => isEarly(group.metrics)) && (
            <EarlyFigures result={result} shown={search.early} onShow={() => set({ early: true })} />
          )}
          {!bayes &&
            shown.map((group) => (
              <MetricGroupCard
                key={group.name}
                group={group}
                result={result}
                scale={search.scale}
                early={search.early}
              />
            ))}
          {!stored && !bayes && (
            <OverTimeCard asked={asked} result={result} scale={search.scale} early={search.early} />
          )}
          {!stored && !bayes && (
            <SegmentsCard
              asked={asked}
              result={result}
              scale={search.scale}
              by={search.by}
              onBy={(by) => set({ by })}
            />
          )}
          {!stored && !bayes && <InteractionsCard asked={asked} />}
        </Veil>
      )}
      {result.missing_metrics.length > 0 && (
        <p className={styles.hint}>
          Not known to analytics yet, so without figures: {result.missing_metrics.join(", ")}.
        </p>
      )}
    </div>
  );
}

import { Intervals } from "@/charts/Intervals";
import { Card } from "@/components/Card";
import { count } from "@/lib/format";
import { effectFormat } from "./formats";
import { MetricBlock } from "./MetricBlock";
import {
  finding,
  type Group,
  intervalName,
  intervalRows,
  isEarly,
  placesOf,
  type Scale,
  sameUnit,
  treatments,
} from "./model";
import type { Result } from "./queries";
import styles from "./results.module.css";

interface Props {
  group: Group;
  result: Result;
  scale: Scale;
  early: boolean;
}

const TITLES = {
  goals: { title: "Goals", subtitle: "They decide." },
  guardrails: { title: "Guardrails", subtitle: "Harm beyond their margin stops a decision to ship." },
  secondary: {
    title: "Secondary metrics",
    subtitle: "Exploratory: they decide nothing. Confirm what you find in an experiment of its own.",
  },
} as const;

/** A sentence per metric, then the intervals of all of them on one axis. */
export function MetricGroupCard({ group, result, scale, early }: Props) {
  const { title, subtitle } = TITLES[group.name];
  const places = placesOf(result);
  const waiting = isEarly(group.metrics);
  const rows = intervalRows(group, scale, places, early);
  const oneAxis = scale === "lift" || sameUnit(group);
  const comparison = group.metrics.flatMap(treatments)[0]?.comparison;
  return (
    <Card title={title} subtitle={subtitle}>
      {group.metrics.map((metric) => (
        <MetricBlock key={metric.metric} metric={metric} places={places} scale={scale} early={early} result={result} />
      ))}
      {rows.length > 0 && comparison && oneAxis && (
        <div className={styles.picture}>
          <p className={styles.hint}>
            {scale === "lift" ? "Lift" : "Difference"} against {result.experiment.control},{" "}
            {waiting ? "as if this were the only look" : intervalName(comparison)}
          </p>
          <Intervals
            label={finding(group)}
            rows={rows}
            format={effectFormat(group.metrics[0], scale)}
            intervalName={waiting ? "as if this were the only look" : intervalName(comparison)}
          />
        </div>
      )}
      {rows.length > 0 && !oneAxis && (
        <p className={styles.hint}>
          Differences of {count(group.metrics.length)} metrics in several units share no axis; their lifts do.
        </p>
      )}
    </Card>
  );
}

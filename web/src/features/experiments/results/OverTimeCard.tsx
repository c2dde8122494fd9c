import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import { OverTime } from "@/charts/OverTime";
import { Card } from "@/components/Card";
import { QueryView } from "@/components/QueryView";
import { shortDayInUtc } from "@/lib/format";
import { effectFormat } from "./formats";
import { estimateOf, groups, placesOf, type Scale, setOf } from "./model";
import { type Asked, type DailyResult, type Result, useDailyResults } from "./queries";
import styles from "./results.module.css";

/** Each metric by day, by the always-valid test, which allows for looking at every day. */
export function OverTimeCard({
  asked,
  result,
  scale,
  early,
}: {
  asked: Asked;
  result: Result;
  scale: Scale;
  early: boolean;
}) {
  const [chosen, setChosen] = useState("");
  const daily = useDailyResults(asked, true);
  const metrics = groups(result.metrics)
    .flatMap((each) => each.metrics)
    .filter((each) => each.variations.length > 0);
  const metric = metrics.find((each) => each.metric === chosen) ?? metrics[0];
  // A plan that decides later shows no lifts before; by day neither.
  const withheld = result.plan.mode !== "always_valid" && !result.plan.complete && !early;
  return (
    <Card
      title="Over time"
      subtitle="All units that came in until the end of each day (UTC), with intervals that hold at every day."
      actions={
        metrics.length > 1 && !withheld ? (
          <NativeSelect
            aria-label="Metric over time"
            value={metric?.metric ?? ""}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={metrics.map((each) => ({ value: each.metric, label: each.name }))}
          />
        ) : undefined
      }
    >
      {withheld && (
        <p className={styles.reason}>Lifts by day come with the plan's decision. Units by day stand above.</p>
      )}
      {!withheld && metric && (
        <QueryView query={daily}>
          {(data: DailyResult) => {
            const days = data.metrics.find((each) => each.metric === metric.metric)?.days ?? [];
            const series = [...placesOf(result)]
              .filter(([variation]) => variation !== result.experiment.control)
              .map(([variation, place]) => ({
                key: variation,
                label: variation,
                place,
                points: days.map((day) => {
                  const comparison = day.variations.find((each) => each.variation === variation)?.comparison;
                  const set = comparison ? setOf(comparison, scale) : ({ kind: "none" } as const);
                  return {
                    time: shortDayInUtc(day.date),
                    estimate: comparison ? estimateOf(comparison, scale) : null,
                    lower: set.kind === "interval" ? set.lower : null,
                    upper: set.kind === "interval" ? set.upper : null,
                  };
                }),
              }));
            if (days.length === 0) return <p className={styles.reason}>No day has units yet.</p>;
            return (
              <OverTime
                label={`${metric.name} by day: ${scale} of ${series.map((each) => each.label).join(", ")} against ${result.experiment.control}`}
                series={series}
                format={effectFormat(metric, scale)}
                intervalName="sequential interval"
              />
            );
          }}
        </QueryView>
      )}
    </Card>
  );
}

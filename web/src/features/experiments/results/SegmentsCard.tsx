import { Alert, Button, Group, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { outcomeSign } from "@/charts/palette";
import { Card } from "@/components/Card";
import { Icon } from "@/components/Icon";
import { QueryView } from "@/components/QueryView";
import { Sideways } from "@/components/Sideways";
import { count, plural, pValue } from "@/lib/format";
import { effectWords, level } from "./formats";
import type { Scale } from "./model";
import {
  type Asked,
  type Metric,
  type Result,
  type SegmentedMetric,
  type SegmentedResult,
  useSegmentedResults,
} from "./queries";
import styles from "./results.module.css";
import { readingOutcome, readingWord } from "./words";

interface Props {
  asked: Asked;
  result: Result;
  scale: Scale;
  by: string;
  onBy: (by: string) => void;
}

const DIMENSIONS = [
  { value: "$day", label: "Day of the first exposure" },
  { value: "$weekday", label: "Weekday of the first exposure" },
  { value: "$days_since_exposure", label: "Days since the exposure" },
  { value: "$sdk_key", label: "SDK key" },
  { value: "$config_version", label: "Config version" },
];

/** The largest segments, each by the always-valid test with p adjusted over all of them. It decides nothing. */
export function SegmentsCard({ asked, result, scale, by, onBy }: Props) {
  const segmented = useSegmentedResults(asked, by);
  return (
    <Card
      title="Segments"
      subtitle="Exploratory: they decide nothing. Who looks at many segments finds one that stands out by chance."
    >
      <Chooser key={by} by={by} onBy={onBy} />
      {by !== "" && (
        <QueryView query={segmented} part>
          {(data: SegmentedResult) => <Segments data={data} result={result} scale={scale} />}
        </QueryView>
      )}
    </Card>
  );
}

function Chooser({ by, onBy }: { by: string; onBy: (by: string) => void }) {
  const [attribute, setAttribute] = useState(by.startsWith("$") ? "" : by);
  return (
    <Group align="flex-end" gap="sm" mb="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onBy(attribute.trim());
        }}
      >
        <Group align="flex-end" gap="xs">
          <TextInput
            label="By an attribute"
            placeholder="country"
            maxLength={256}
            value={attribute}
            onChange={(event) => setAttribute(event.currentTarget.value)}
          />
          <Button type="submit" variant="default">
            Compare segments
          </Button>
        </Group>
      </form>
      <NativeSelect
        label="Or by"
        value={by.startsWith("$") ? by : ""}
        onChange={(event) => onBy(event.currentTarget.value)}
        data={[{ value: "", label: "–" }, ...DIMENSIONS]}
      />
    </Group>
  );
}

function Segments({ data, result, scale }: { data: SegmentedResult; result: Result; scale: Scale }) {
  if (data.segments.length === 0) return <p className={styles.reason}>No unit has been exposed yet.</p>;
  return (
    <>
      {data.segments.some((each) => each.sample_ratio.mismatch) && (
        <Alert color="orange" variant="light" icon={<Icon name="warning" />}>
          The shares don't fit in {plural(data.segments.filter((each) => each.sample_ratio.mismatch).length, "segment")}
          : figures there can't be trusted.
        </Alert>
      )}
      {data.metrics.map((metric) => (
        <SegmentTable
          key={metric.metric}
          segmented={metric}
          metric={result.metrics.find((each) => each.metric === metric.metric)}
          data={data}
          scale={scale}
        />
      ))}
    </>
  );
}

interface TableProps {
  segmented: SegmentedMetric;
  metric: Metric | undefined;
  data: SegmentedResult;
  scale: Scale;
}

function SegmentTable({ segmented, metric, data, scale }: TableProps) {
  if (!metric) return null;
  const rows = segmented.segments.flatMap((segment) =>
    segment.variations.flatMap((variation) =>
      variation.comparison
        ? [
            {
              segment,
              variation,
              comparison: variation.comparison,
              control: segment.variations.find((each) => each.is_control),
            },
          ]
        : [],
    ),
  );
  return (
    <>
      <h3 className={styles.small}>{segmented.name}</h3>
      <Sideways label="By segment">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{DIMENSIONS.find((each) => each.value === data.by)?.label ?? data.by}</th>
              <th scope="col">Variation</th>
              <th scope="col">Units</th>
              <th scope="col">In control</th>
              <th scope="col">In variation</th>
              <th scope="col">{scale === "lift" ? "Lift" : "Difference"}</th>
              <th scope="col">Reading</th>
              <th scope="col">Adjusted p</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ segment, variation, comparison, control }) => (
              <tr key={`${segment.segment} ${variation.variation}`}>
                <th scope="row">{segment.segment ?? "without it"}</th>
                <td>{variation.variation}</td>
                <td>{count(comparison.units_compared)}</td>
                <td>{level(control)}</td>
                <td>{level(variation)}</td>
                <td>{effectWords(metric, comparison, scale)}</td>
                <td>
                  <span className={styles.reading} data-outcome={readingOutcome(comparison.reading.state)}>
                    {outcomeSign(readingOutcome(comparison.reading.state))} {readingWord(comparison.reading.state)}
                  </span>
                </td>
                <td>{pValue(comparison.adjusted_p)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Sideways>
      {Object.entries(segmented.heterogeneity).map(
        ([variation, found]) =>
          found && (
            <p key={variation} className={styles.hint}>
              Do the effects of {variation} differ between segments? Cochran's Q {found.q.toFixed(1)}, p{" "}
              {pValue(found.p_value)}, I² {Math.round(100 * found.i2)}%; {found.caution}.
            </p>
          ),
      )}
    </>
  );
}

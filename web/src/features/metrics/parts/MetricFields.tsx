import { NativeSelect, NumberInput, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { Card } from "@/components/Card";
import { ConditionEditor } from "@/components/ConditionEditor";
import type { Condition } from "@/lib/rules";
import { canBeCapped, draftSentence, type MetricForm } from "../model";
import { AGGREGATIONS, aggregationOf } from "./aggregations";
import styles from "./metrics.module.css";

interface Props {
  form: MetricForm;
  set: (change: Partial<MetricForm>) => void;
  errors: Readonly<Record<string, string>>;
  created: boolean;
}

/** A metric's definition; its sentence stands above and changes as one types. */
export function MetricFields({ form, set, errors, created }: Props) {
  const kind = AGGREGATIONS.find((each) => each.value === form.aggregation);
  const number = (value: string | number) => (value === "" ? null : Number(value));
  const needsEvent = form.aggregation !== "funnel";
  return (
    <div className={styles.stack}>
      <p className={styles.sentence} aria-live="polite">
        {draftSentence(form)}
      </p>
      <Card title="Name">
        <div className={styles.fields}>
          <TextInput
            label="Name"
            required
            value={form.name}
            data-path="name"
            error={errors.name}
            onChange={(event) => {
              const name = event.currentTarget.value;
              set({ name, ...(!created && form.key === keyOf(form.name) ? { key: keyOf(name) } : {}) });
            }}
          />
          {!created && (
            <TextInput
              label="Key"
              required
              description="In code and addresses; it never changes."
              value={form.key}
              data-path="key"
              error={errors.key}
              onChange={(event) => set({ key: event.currentTarget.value })}
            />
          )}
          <Textarea
            label="Description"
            autosize
            minRows={2}
            value={form.description}
            data-path="description"
            error={errors.description}
            onChange={(event) => set({ description: event.currentTarget.value })}
          />
        </div>
      </Card>
      <Card title="What it counts">
        <div className={styles.fields}>
          <div className={styles.two}>
            <NativeSelect
              label="Kind"
              description={kind?.hint}
              value={form.aggregation}
              data-path="aggregation"
              error={errors.aggregation}
              data={AGGREGATIONS.map(({ value, label }) => ({ value, label }))}
              onChange={(event) => set({ aggregation: aggregationOf(event.currentTarget.value) })}
            />
            {needsEvent && (
              <TextInput
                label={form.aggregation === "ratio" ? "Event above the line" : "Event"}
                description="As your application sends it; the key when it is empty."
                placeholder={form.key}
                value={form.event}
                data-path="event"
                error={errors.event}
                onChange={(event) => set({ event: event.currentTarget.value })}
              />
            )}
            {form.aggregation === "ratio" && (
              <TextInput
                label="Event below the line"
                required
                value={form.denominatorEvent}
                data-path="denominator_event"
                error={errors.denominator_event}
                onChange={(event) => set({ denominatorEvent: event.currentTarget.value })}
              />
            )}
            {form.aggregation === "distinct" && (
              <TextInput
                label="Property"
                required
                value={form.property}
                data-path="property"
                error={errors.property}
                onChange={(event) => set({ property: event.currentTarget.value })}
              />
            )}
            {form.aggregation === "quantile" && (
              <NumberInput
                label="Quantile"
                description="0.5 is the median."
                min={0.001}
                max={0.999}
                step={0.05}
                value={form.quantile}
                data-path="quantile"
                error={errors.quantile}
                onChange={(value) => set({ quantile: Number(value) })}
              />
            )}
          </div>
          {form.aggregation === "funnel" && (
            <Textarea
              label="Steps"
              description="Names of events in their order, one per line."
              required
              autosize
              minRows={3}
              value={form.steps}
              data-path="steps"
              error={errors.steps}
              onChange={(event) => set({ steps: event.currentTarget.value })}
            />
          )}
          <div>
            <SegmentedControl
              aria-label="Which direction is better"
              value={form.direction}
              onChange={(value) =>
                set({ direction: value === "lower_is_better" ? "lower_is_better" : "higher_is_better" })
              }
              data={[
                { value: "higher_is_better", label: "More is better" },
                { value: "lower_is_better", label: "Less is better" },
              ]}
            />
          </div>
          <div>
            <strong className={styles.label}>Only events with</strong>
            <ConditionEditor
              value={form.filter as Condition | null}
              onChange={(filter) => set({ filter: filter as Record<string, unknown> | null })}
              root="filter"
              errors={Object.entries(errors)
                .filter(([field]) => field.startsWith("filter"))
                .map(([field, message]) => ({ field, message }))}
            />
          </div>
        </div>
      </Card>
      <Card
        title="When it counts"
        subtitle="After the unit's first exposure. Without a window it counts on until the experiment stops."
      >
        <div className={styles.two}>
          <NumberInput
            label="From"
            suffix=" days"
            min={0}
            max={366}
            value={form.windowStartDays ?? ""}
            data-path="window_start_seconds"
            error={errors.window_start_seconds}
            onChange={(value) => set({ windowStartDays: number(value) })}
          />
          <NumberInput
            label="Until"
            suffix=" days"
            min={0}
            max={366}
            value={form.windowEndDays ?? ""}
            data-path="window_end_seconds"
            error={errors.window_end_seconds}
            onChange={(value) => set({ windowEndDays: number(value) })}
          />
          {canBeCapped(form.aggregation) && (
            <NumberInput
              label="Cap at the percentile"
              description="Of all units' values that are not 0; both figures are shown."
              suffix="%"
              min={50}
              max={99.99}
              value={form.winsorizeAt === null ? "" : Number((form.winsorizeAt * 100).toFixed(4))}
              data-path="winsorize_at"
              error={errors.winsorize_at}
              onChange={(value) => set({ winsorizeAt: value === "" ? null : Number((Number(value) / 100).toFixed(6)) })}
            />
          )}
        </div>
      </Card>
    </div>
  );
}

function keyOf(name: string): string {
  return name
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}

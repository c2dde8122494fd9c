import type { Metric } from "../queries";

interface Kind {
  readonly value: Metric["aggregation"];
  readonly label: string;
  readonly hint: string;
}

export const AGGREGATIONS: readonly Kind[] = [
  { value: "conversion", label: "Conversion", hint: "Whether a unit did it" },
  { value: "retention", label: "Retention", hint: "Whether a unit came back in a window" },
  { value: "funnel", label: "Funnel", hint: "Whether a unit took all steps in their order" },
  { value: "count", label: "Count", hint: "How often a unit did it" },
  { value: "sum", label: "Sum", hint: "The values of a unit together, such as revenue" },
  { value: "mean", label: "Mean", hint: "The mean value of those who have one" },
  { value: "distinct", label: "Distinct values", hint: "How many different values of a property" },
  { value: "days", label: "Active days", hint: "On how many days" },
  { value: "ratio", label: "Ratio", hint: "One event's values per another's" },
  { value: "quantile", label: "Quantile", hint: "Such as the 90th percentile of a latency" },
];

export function aggregationOf(value: string): Metric["aggregation"] {
  return AGGREGATIONS.find((each) => each.value === value)?.value ?? "conversion";
}

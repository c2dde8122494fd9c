import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "metrics", page: () => import("./pages/MetricsPage"), title: "Metrics" },
  { path: "metrics/new", page: () => import("./pages/NewMetricPage"), title: "New metric" },
  { path: "metrics/$key/{-$tab}", page: () => import("./pages/MetricPage"), title: "Metric" },
];

import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "overview", page: () => import("./pages/OverviewPage"), title: "Overview" },
];

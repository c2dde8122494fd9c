import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "overrides", page: () => import("./pages/OverridesPage"), title: "Overrides" },
];

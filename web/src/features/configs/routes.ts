import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "configs", page: () => import("./pages/ConfigsPage"), title: "Configs" },
  { path: "configs/$key/{-$tab}", page: () => import("./pages/ConfigPage"), title: "Config" },
];

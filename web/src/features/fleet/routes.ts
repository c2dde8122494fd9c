import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "fleet", page: () => import("./pages/FleetPage"), title: "Edges" },
];

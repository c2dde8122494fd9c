import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "people/{-$tab}", page: () => import("./pages/PeoplePage"), title: "People and roles" },
  { path: "person/$key", page: () => import("./pages/PersonPage"), title: "Person" },
];

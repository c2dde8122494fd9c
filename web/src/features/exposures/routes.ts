import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "exposures", page: () => import("./pages/ExposuresPage"), title: "Exposures" },
];

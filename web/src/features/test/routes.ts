import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "test", page: () => import("./pages/TestPage"), title: "Test" },
];

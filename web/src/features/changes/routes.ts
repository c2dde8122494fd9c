import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "changes", page: () => import("./pages/ChangesPage"), title: "Changes" },
  { path: "changes/$key", page: () => import("./pages/ChangePage"), title: "Change request" },
];

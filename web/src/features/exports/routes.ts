import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "exports", page: () => import("./pages/ExportsPage"), title: "Exports" },
  { path: "exports/$key", page: () => import("./pages/ExportPage"), title: "Export" },
];

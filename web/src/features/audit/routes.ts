import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "audit/{-$tab}", page: () => import("./pages/AuditPage"), title: "Audit log" },
];

import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "rollouts", page: () => import("./pages/RolloutsPage"), title: "Rollouts" },
  { path: "new-rollout", page: () => import("./pages/NewRolloutPage"), title: "New rollout" },
  { path: "rollout-templates", page: () => import("./pages/TemplatesPage"), title: "Rollout templates" },
  { path: "rollouts/$key", page: () => import("./pages/RolloutPage"), title: "Rollout" },
  { path: "rollouts/$key/incidents/$incident", page: () => import("./pages/IncidentPage"), title: "Incident" },
];

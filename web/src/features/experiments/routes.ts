import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "experiments", page: () => import("./pages/ExperimentsPage"), title: "Experiments" },
  { path: "experiments/new", page: () => import("./pages/DesignPage"), title: "New experiment" },
  { path: "experiments/layers", page: () => import("./pages/LayersPage"), title: "Layers" },
  { path: "experiments/holdouts", page: () => import("./pages/HoldoutsPage"), title: "Holdouts" },
  { path: "experiments/programme", page: () => import("./pages/ProgrammePage"), title: "Programme" },
  { path: "experiments/$key/{-$tab}", page: () => import("./pages/ExperimentPage"), title: "Experiment" },
];

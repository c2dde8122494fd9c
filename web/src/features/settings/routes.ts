import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "settings/{-$tab}", page: () => import("./pages/SettingsPage"), title: "Settings" },
];

import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "keys/{-$tab}", page: () => import("./pages/KeysPage"), title: "SDK keys and tokens" },
];

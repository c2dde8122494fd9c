import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "flags", page: () => import("./pages/FlagsPage"), title: "Flags" },
  { path: "flags/$key/{-$tab}", page: () => import("./pages/FlagPage"), title: "Flag" },
];

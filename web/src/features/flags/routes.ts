import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [];

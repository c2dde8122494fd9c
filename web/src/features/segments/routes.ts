import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "segments", page: () => import("./pages/SegmentsPage"), title: "Segments" },
  { path: "segments/$key/{-$tab}", page: () => import("./pages/SegmentPage"), title: "Segment" },
];

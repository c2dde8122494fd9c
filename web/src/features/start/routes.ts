import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "/start", page: () => import("./pages/StartPage"), title: "Your first flag" },
  { path: "guide", page: () => import("./pages/GuidePage"), title: "Integration guide" },
  { path: "profile", page: () => import("./pages/ProfilePage"), title: "Your account" },
];

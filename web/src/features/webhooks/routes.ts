import type { FeatureRoute } from "@/lib/feature-route";

export const routes: readonly FeatureRoute[] = [
  { path: "webhooks", page: () => import("./pages/WebhooksPage"), title: "Webhooks" },
  { path: "webhooks/$key", page: () => import("./pages/WebhookPage"), title: "Webhook" },
];

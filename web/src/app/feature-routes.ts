import { routes as audit } from "@/features/audit/routes";
import { routes as changes } from "@/features/changes/routes";
import { routes as configs } from "@/features/configs/routes";
import { routes as experiments } from "@/features/experiments/routes";
import { routes as exports } from "@/features/exports/routes";
import { routes as exposures } from "@/features/exposures/routes";
import { routes as flags } from "@/features/flags/routes";
import { routes as fleet } from "@/features/fleet/routes";
import { routes as keys } from "@/features/keys/routes";
import { routes as metrics } from "@/features/metrics/routes";
import { routes as overrides } from "@/features/overrides/routes";
import { routes as overview } from "@/features/overview/routes";
import { routes as people } from "@/features/people/routes";
import { routes as rollouts } from "@/features/rollouts/routes";
import { routes as segments } from "@/features/segments/routes";
import { routes as settings } from "@/features/settings/routes";
import { routes as start } from "@/features/start/routes";
import { routes as test } from "@/features/test/routes";
import { routes as webhooks } from "@/features/webhooks/routes";
import type { FeatureRoute } from "@/lib/feature-route";

export const featureRoutes: readonly FeatureRoute[] = [
  ...start,
  ...overview,
  ...flags,
  ...segments,
  ...configs,
  ...experiments,
  ...metrics,
  ...rollouts,
  ...changes,
  ...overrides,
  ...test,
  ...exposures,
  ...audit,
  ...people,
  ...keys,
  ...webhooks,
  ...exports,
  ...fleet,
  ...settings,
];

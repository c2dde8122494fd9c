/** What the page of a flag asks for, and what it writes. */

import { queryOptions } from "@tanstack/react-query";
import { analytics, controlPlane, read, type Written, write } from "@/api/clients";
import type { components as AnalyticsComponents } from "@/api/generated/analytics";
import type { components } from "@/api/generated/control-plane";
import type { Act, How } from "@/components/reviewing/acts";
import { ifMatch, reasonHeader } from "@/lib/write-headers";

type Schemas = components["schemas"];
export type Flag = Schemas["FlagView"];
export type Variation = Schemas["Variation"];
export type Settings = Schemas["SettingsView"];
export type SettingsPatch = Schemas["SettingsPatch"];
export type FlagPatch = Schemas["FlagPatch"];
export type Lifecycle = Schemas["LifecycleView"];
export type Experiment = Schemas["ExperimentView"];
export type PromotionIn = Schemas["PromotionIn"];
export type Exposures = AnalyticsComponents["schemas"]["ExposuresDocument"];
export type OnExperiments = "new_phase" | "stop" | "accept";

const PAGE = 200;
const FLAG = "/api/v1/projects/{project}/flags/{key}" as const;

export interface At {
  readonly project: string;
  readonly key: string;
  readonly environment: string;
}

/** Everything that is read of one flag begins with it. */
export const flagKey = (project: string, key: string) => ["flag", project, key] as const;

export const flagQuery = (project: string, key: string) =>
  queryOptions({
    queryKey: flagKey(project, key),
    queryFn: ({ signal }) =>
      read(controlPlane.GET("/api/v1/projects/{project}/flags/{key}", { params: { path: { project, key } }, signal })),
  });

export const settingsQuery = (at: At) =>
  queryOptions({
    queryKey: ["flag", at.project, at.key, "settings", at.environment],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/flags/{key}/environments/{environment}", {
          params: { path: { ...at } },
          signal,
        }),
      ),
  });

export const lifecycleQuery = (project: string, key: string) =>
  queryOptions({
    queryKey: ["flag", project, key, "lifecycle"],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/flags/{key}/lifecycle", {
          params: { path: { project, key } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });

export const experimentsQuery = (project: string, flag: string) =>
  queryOptions({
    queryKey: ["experiments", project, "of", flag],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/experiments", {
          params: { path: { project }, query: { flag, archived: "true", limit: PAGE } },
          signal,
        }),
      ),
  });

export const exposuresQuery = (project: string, environment: string, key: string, start: string) =>
  queryOptions({
    queryKey: ["exposures", project, environment, key, start],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/flags/{key}/exposures", {
          params: { path: { key }, query: { project, environment, start, limit: 20 } },
          signal,
        }),
      ),
    staleTime: 15_000,
  });

export const promotionQuery = (project: string, environment: string, source: string) =>
  queryOptions({
    queryKey: ["promotion", project, environment, source],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/environments/{environment}/promotion", {
          params: { path: { project, environment }, query: { source, limit: PAGE } },
          signal,
        }),
      ),
  });

export const changeSettings = (
  at: At,
  version: number,
  body: SettingsPatch,
  reason: string,
): Promise<Written<Settings>> =>
  write(
    controlPlane.PATCH("/api/v1/projects/{project}/flags/{key}/environments/{environment}", {
      params: { path: { ...at }, header: { "If-Match": ifMatch(version), ...reasonHeader(reason) } },
      body,
    }),
  );

export const changeFlag = (
  project: string,
  key: string,
  version: number,
  body: FlagPatch,
  reason: string,
): Promise<Written<Flag>> =>
  write(
    controlPlane.PATCH("/api/v1/projects/{project}/flags/{key}", {
      params: { path: { project, key }, header: { "If-Match": ifMatch(version), ...reasonHeader(reason) } },
      body,
    }),
  );

export const promote = (project: string, environment: string, body: PromotionIn, reason: string) =>
  write(
    controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/promotion", {
      params: { path: { project, environment }, header: reasonHeader(reason) },
      body,
    }),
  );

export const cloneFlag = (project: string, key: string, body: Schemas["FlagClone"]): Promise<Written<Flag>> =>
  write(
    controlPlane.POST("/api/v1/projects/{project}/flags/{key}/clone", { params: { path: { project, key } }, body }),
  );

/** Of a dry run what would be done, and nothing is. */
export function actOnFlag(project: string, key: string, action: Act, { dryRun, reason }: How) {
  const header = reasonHeader(reason);
  const params = { path: { project, key }, query: { dry_run: dryRun }, header };
  if (action === "archive") return write(controlPlane.POST(`${FLAG}/archive`, { params }));
  if (action === "restore") return write(controlPlane.POST(`${FLAG}/restore`, { params }));
  return write(controlPlane.DELETE(FLAG, { params }));
}

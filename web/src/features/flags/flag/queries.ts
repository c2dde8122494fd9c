/** What the page of a flag asks for, and what it writes. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { analytics, controlPlane, read, type Written, write } from "@/api/clients";
import type { components as AnalyticsComponents } from "@/api/generated/analytics";
import type { components } from "@/api/generated/control-plane";

type Schemas = components["schemas"];
export type Flag = Schemas["FlagView"];
export type Variation = Schemas["Variation"];
export type Settings = Schemas["SettingsView"];
export type SettingsPatch = Schemas["SettingsPatch"];
export type FlagPatch = Schemas["FlagPatch"];
export type Preview = Schemas["PreviewView"];
export type Edit = Schemas["EditIn"];
export type Version = Schemas["VersionView"];
export type Lifecycle = Schemas["LifecycleView"];
export type Experiment = Schemas["ExperimentView"];
export type PromotionItem = Schemas["PromotionItemView"];
export type PromotionIn = Schemas["PromotionIn"];
export type Exposures = AnalyticsComponents["schemas"]["ExposuresDocument"];
export type OnExperiments = "new_phase" | "stop" | "accept";
export type FlagHistory = "flag" | "flag_settings";

const PAGE = 200;
const PUBLICATION_MILLISECONDS = 5_000;

export interface At {
  readonly project: string;
  readonly key: string;
  readonly environment: string;
}

export const flagQuery = (project: string, key: string) =>
  queryOptions({
    queryKey: ["flag", project, key],
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

/** Polled: when it moves, what is shown may be old. */
export const publicationQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["publication", project, environment],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/environments/{environment}/publication", {
          params: { path: { project, environment } },
          signal,
        }),
      ),
    refetchInterval: PUBLICATION_MILLISECONDS,
  });

export const segmentKeysQuery = (project: string) =>
  queryOptions({
    queryKey: ["segments", project, "keys"],
    queryFn: async ({ signal }) => {
      const page = await read(
        controlPlane.GET("/api/v1/projects/{project}/segments", {
          params: { path: { project }, query: { limit: PAGE } },
          signal,
        }),
      );
      return page.items.map((each) => each.key);
    },
    staleTime: 30_000,
  });

export const flagKeysQuery = (project: string) =>
  queryOptions({
    queryKey: ["flags", project, "variations"],
    queryFn: async ({ signal }) => {
      const page = await read(
        controlPlane.GET("/api/v1/projects/{project}/flags", {
          params: { path: { project }, query: { limit: PAGE } },
          signal,
        }),
      );
      return page.items.map((each) => ({ key: each.key, variations: each.variations.map((one) => one.key) }));
    },
    staleTime: 30_000,
  });

export const policyQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["approval-policy", project, environment],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/environments/{environment}/approval-policy", {
          params: { path: { project, environment } },
          signal,
        }),
      ),
    staleTime: 30_000,
  });

export const previewQuery = (project: string, environment: string, edits: Edit[]) =>
  queryOptions({
    queryKey: ["preview", project, environment, edits],
    queryFn: ({ signal }) =>
      read(
        controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/preview", {
          params: { path: { project, environment } },
          body: { edits, examples: 3 },
          signal,
        }),
      ),
    retry: false,
    staleTime: 30_000,
    gcTime: 60_000,
    placeholderData: keepPreviousData,
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

const historyPlace = (kind: FlagHistory, { project, key, environment }: At) => ({
  path: { project, kind, key },
  ...(kind === "flag" ? {} : { environment }),
});

export const historyQuery = (kind: FlagHistory, at: At) =>
  queryOptions({
    queryKey: ["history", kind, at.project, at.key, kind === "flag" ? "" : at.environment],
    queryFn: ({ signal }) => {
      const { path, environment } = historyPlace(kind, at);
      const query = environment === undefined ? { limit: 50 } : { limit: 50, environment };
      return read(
        controlPlane.GET("/api/v1/projects/{project}/history/{kind}/{key}", { params: { path, query }, signal }),
      );
    },
  });

export const versionQuery = (kind: FlagHistory, at: At, version: number) =>
  queryOptions({
    queryKey: ["history", kind, at.project, at.key, kind === "flag" ? "" : at.environment, version],
    queryFn: ({ signal }) => {
      const { path, environment } = historyPlace(kind, at);
      return read(
        controlPlane.GET("/api/v1/projects/{project}/history/{kind}/{key}/versions/{version}", {
          params: { path: { ...path, version }, query: environment === undefined ? {} : { environment } },
          signal,
        }),
      );
    },
    staleTime: Number.POSITIVE_INFINITY,
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

/** Header values are ASCII, so a reason goes percent-encoded. */
const because = (reason: string): { "X-Verdict-Reason"?: string } =>
  reason === "" ? {} : { "X-Verdict-Reason": encodeURIComponent(reason) };

const ifMatch = (version: number): { "If-Match": string } => ({ "If-Match": `"${version}"` });

export const changeSettings = (
  at: At,
  version: number,
  body: SettingsPatch,
  reason: string,
): Promise<Written<Settings>> =>
  write(
    controlPlane.PATCH("/api/v1/projects/{project}/flags/{key}/environments/{environment}", {
      params: { path: { ...at }, header: { ...ifMatch(version), ...because(reason) } },
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
      params: { path: { project, key }, header: { ...ifMatch(version), ...because(reason) } },
      body,
    }),
  );

export const switchFlag = (
  at: At,
  enabled: boolean,
  onExperiments: OnExperiments | null,
  reason: string,
): Promise<Written<Settings>> =>
  write(
    controlPlane.PUT("/api/v1/projects/{project}/flags/{key}/environments/{environment}/enabled", {
      params: { path: { ...at }, header: because(reason) },
      body: onExperiments === null ? { enabled } : { enabled, on_experiments: onExperiments },
    }),
  );

export const propose = (project: string, title: string, description: string, edits: Edit[]) =>
  write(
    controlPlane.POST("/api/v1/projects/{project}/change-requests", {
      params: { path: { project } },
      body: { title, description, edits },
    }),
  );

export const promote = (project: string, environment: string, body: PromotionIn, reason: string) =>
  write(
    controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/promotion", {
      params: { path: { project, environment }, header: because(reason) },
      body,
    }),
  );

export const undo = (kind: FlagHistory, at: At, version: number) => {
  const { path, environment } = historyPlace(kind, at);
  return write(
    controlPlane.POST("/api/v1/projects/{project}/history/{kind}/{key}/undo", {
      params: { path, query: environment === undefined ? {} : { environment }, header: ifMatch(version) },
    }),
  );
};

export const restore = (
  kind: FlagHistory,
  at: At,
  version: number,
  reason: string,
  onExperiments: OnExperiments | null,
) => {
  const { path, environment } = historyPlace(kind, at);
  const query = {
    ...(environment === undefined ? {} : { environment }),
    ...(onExperiments === null ? {} : { on_experiments: onExperiments }),
  };
  return write(
    controlPlane.POST("/api/v1/projects/{project}/history/{kind}/{key}/versions/{version}/restore", {
      params: { path: { ...path, version }, query, header: because(reason) },
    }),
  );
};

export const cloneFlag = (project: string, key: string, body: Schemas["FlagClone"]): Promise<Written<Flag>> =>
  write(
    controlPlane.POST("/api/v1/projects/{project}/flags/{key}/clone", { params: { path: { project, key } }, body }),
  );

export const archiveFlag = (project: string, key: string) =>
  write(controlPlane.POST("/api/v1/projects/{project}/flags/{key}/archive", { params: { path: { project, key } } }));

export const unarchiveFlag = (project: string, key: string) =>
  write(controlPlane.POST("/api/v1/projects/{project}/flags/{key}/restore", { params: { path: { project, key } } }));

export const deleteFlag = (project: string, key: string) =>
  write(controlPlane.DELETE("/api/v1/projects/{project}/flags/{key}", { params: { path: { project, key } } }));

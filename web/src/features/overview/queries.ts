/** What goes on in an environment, read again as often as it changes. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { analytics, controlPlane, events, read } from "@/api/clients";
import type { components as Analytics } from "@/api/generated/analytics";
import type { components as ControlPlane } from "@/api/generated/control-plane";
import type { components as Ingestor } from "@/api/generated/ingestor";

import { STATES } from "./cleanup";

export type Activity = Analytics["schemas"]["ActivityDocument"];
export type Counts = Ingestor["schemas"]["CountsDocument"];
export type Standing = Analytics["schemas"]["StandingDocument"];
export type Edge = ControlPlane["schemas"]["EdgeView"];
export type Rollout = ControlPlane["schemas"]["RolloutView"];
export type Entry = ControlPlane["schemas"]["AuditEntryView"];

const SECOND = 1000;

/** Minutes of the last hour. */
export const activityQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["overview", project, environment, "activity"],
    queryFn: ({ signal }) =>
      read(analytics.GET("/v1/activity", { params: { query: { project, environment } }, signal })),
    refetchInterval: 10 * SECOND,
    placeholderData: keepPreviousData,
  });

/** What the ingestor took and refused, to the second. */
export const countsQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["overview", project, environment, "counts"],
    queryFn: ({ signal }) =>
      read(events.GET("/v1/events/counts", { params: { query: { project, environment, minutes: 10 } }, signal })),
    refetchInterval: 2 * SECOND,
  });

export const sdksQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["overview", project, environment, "sdks"],
    queryFn: ({ signal }) =>
      read(analytics.GET("/v1/usage/sdks", { params: { query: { project, environment } }, signal })),
    refetchInterval: 15 * SECOND,
  });

export const edgesQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["overview", project, environment, "edges"],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/environments/{environment}/edges", {
          params: { path: { project, environment }, query: { limit: 200 } },
          signal,
        }),
      ),
    refetchInterval: 5 * SECOND,
  });

export const experimentsQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["overview", project, environment, "experiments"],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/experiments", {
          params: { query: { project, environment, status: "running", limit: 20 } },
          signal,
        }),
      ),
    refetchInterval: 30 * SECOND,
  });

export const rolloutsQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["overview", project, environment, "rollouts"],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/environments/{environment}/rollouts", {
          params: { path: { project, environment }, query: { limit: 50 } },
          signal,
        }),
      ),
    refetchInterval: 5 * SECOND,
  });

/** What waits for whoever asks, in this environment or in the project as a whole. */
export const attentionQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["overview", project, environment, "attention"],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/attention", {
          params: { path: { project }, query: { environment } },
          signal,
        }),
      ),
    refetchInterval: 30 * SECOND,
    placeholderData: keepPreviousData,
  });

const LEFTOVERS = 5;

/** Flags that are stale here, and those that give everybody the same; a few of each. */
export const cleanupQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["overview", project, environment, "cleanup"],
    queryFn: async ({ signal }) => {
      const pages = await Promise.all(
        STATES.map((state) =>
          read(
            controlPlane.GET("/api/v1/projects/{project}/flag-lifecycles", {
              params: { path: { project }, query: { environment, state, limit: LEFTOVERS } },
              signal,
            }),
          ),
        ),
      );
      return { found: pages.flatMap((page) => page.items), more: pages.some((page) => page.next_cursor !== null) };
    },
    staleTime: 300 * SECOND,
  });

export const changesQuery = (organization: string, project: string) =>
  queryOptions({
    queryKey: ["overview", project, "changes"],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/organizations/{organization}/audit", {
          params: { path: { organization }, query: { project, limit: 12 } },
          signal,
        }),
      ),
    refetchInterval: 10 * SECOND,
  });

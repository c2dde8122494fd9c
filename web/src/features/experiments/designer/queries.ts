/** What a design is planned with. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { analytics, controlPlane, read } from "@/api/clients";
import type { components } from "@/api/generated/analytics";
import { given } from "@/lib/url";

export type Planned = components["schemas"]["PlannerDocument"];

export interface PlannerAsked {
  readonly project: string;
  readonly environment: string;
  readonly flag: string;
  readonly metric: string;
  readonly mode: "fixed" | "group" | "always_valid";
  readonly alpha: number;
  readonly power: number;
  readonly arms: number;
  readonly comparisons: number;
  readonly minimumDays: number;
  readonly effect?: number | undefined;
  readonly margin?: number | undefined;
  readonly marginKind?: "relative" | "absolute" | undefined;
  readonly plannedLooks?: number | undefined;
  readonly plannedUnits?: number | undefined;
  readonly baseline?: number | undefined;
  readonly sd?: number | undefined;
  readonly unitsPerDay?: number | undefined;
}

export function usePlanner(asked: PlannerAsked, wanted: boolean) {
  return useQuery({
    queryKey: ["planner", asked],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/planner", {
          params: {
            query: {
              project: asked.project,
              environment: asked.environment,
              mode: asked.mode,
              alpha: asked.alpha,
              power: asked.power,
              arms: asked.arms,
              comparisons: asked.comparisons,
              minimum_days: asked.minimumDays,
              ...(asked.baseline === undefined ? { flag: asked.flag, metric: asked.metric } : {}),
              ...given({
                effect: asked.effect,
                margin: asked.margin,
                margin_kind: asked.marginKind,
                planned_looks: asked.mode === "group" ? asked.plannedLooks : undefined,
                planned_units: asked.plannedUnits,
                baseline: asked.baseline,
                sd: asked.sd,
                units_per_day: asked.unitsPerDay,
              }),
            },
          },
          signal,
        }),
      ),
    enabled: wanted,
    retry: false,
    staleTime: 60_000,
    placeholderData: (before) => before,
  });
}

/** Who owns which range of a layer, and what is free. */
export function useSlots(project: string, layer: string, environment: string) {
  return useQuery({
    queryKey: ["layers", project, layer, "slots", environment],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/layers/{key}/environments/{environment}/slots", {
          params: { path: { project, key: layer, environment } },
          signal,
        }),
      ),
    enabled: layer !== "",
  });
}

export function useHoldouts(project: string) {
  return useQuery({
    queryKey: ["holdouts", project],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/holdouts", {
          params: { path: { project }, query: { limit: 200 } },
          signal,
        }),
      ),
  });
}

export function useLayers(project: string) {
  return useQuery({
    queryKey: ["layers", project],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/layers", {
          params: { path: { project }, query: { limit: 200 } },
          signal,
        }),
      ),
  });
}

/** How often the flag was asked for lately. */
export function useFlagUsage(project: string, environment: string, flag: string) {
  return useQuery({
    queryKey: ["usage", project, environment, flag],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/usage/flags", {
          params: { query: { project, environment, hours: 24, flags: flag } },
          signal,
        }),
      ),
    enabled: flag !== "",
    retry: false,
  });
}

/** Who else runs on the flag. */
export function useRunningOn(project: string, environment: string, flag: string) {
  return useQuery({
    queryKey: ["experiments", project, "running on", environment, flag],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/experiments", {
          params: { path: { project }, query: { environment, flag, state: "running", limit: 50 } },
          signal,
        }),
      ),
    enabled: flag !== "",
  });
}

/** A flag with what it serves when it is off: that makes the control. */
export const flagForDesign = (project: string, environment: string, key: string) =>
  queryOptions({
    queryKey: ["flags", project, key, "for a design", environment],
    queryFn: async ({ signal }) => {
      const [flag, settings] = await Promise.all([
        read(
          controlPlane.GET("/api/v1/projects/{project}/flags/{key}", { params: { path: { project, key } }, signal }),
        ),
        read(
          controlPlane.GET("/api/v1/projects/{project}/flags/{key}/environments/{environment}", {
            params: { path: { project, key, environment } },
            signal,
          }),
        ),
      ]);
      return { flag, off: settings.off_variation };
    },
  });

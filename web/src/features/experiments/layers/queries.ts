/** Layers and holdouts: what experiments share. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { analytics, controlPlane, read, write } from "@/api/clients";
import type { components as Analytics } from "@/api/generated/analytics";
import type { components } from "@/api/generated/control-plane";

export type Layer = components["schemas"]["LayerView"];
export type Holdout = components["schemas"]["HoldoutView"];
export type HoldoutEffect = Analytics["schemas"]["HoldoutDocument"];
export type Programme = Analytics["schemas"]["ProgrammeDocument"];

export function useCreateLayer(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { key: string; name: string }) =>
      write(controlPlane.POST("/api/v1/projects/{project}/layers", { params: { path: { project } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["layers", project] }),
  });
}

export function useCreateHoldout(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { key: string; name: string; share: number }) =>
      write(controlPlane.POST("/api/v1/projects/{project}/holdouts", { params: { path: { project } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["holdouts", project] }),
  });
}

export function useHoldoutEffect(project: string, environment: string, holdout: string, wanted: boolean) {
  return useQuery({
    queryKey: ["holdouts", project, holdout, "effect", environment],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/holdouts/{holdout}/effect", {
          params: { path: { holdout }, query: { project, environment } },
          signal,
        }),
      ),
    enabled: wanted,
    retry: false,
    staleTime: 60_000,
  });
}

export function useProgramme(project: string, environment: string, metric: string) {
  return useQuery({
    queryKey: ["programme", project, environment, metric],
    queryFn: ({ signal }) =>
      read(analytics.GET("/v1/programme", { params: { query: { project, environment, metric } }, signal })),
    enabled: metric !== "",
    staleTime: 60_000,
  });
}

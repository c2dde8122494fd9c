import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { controlPlane, read, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";

type Schemas = components["schemas"];
export type Edit = Schemas["EditIn"];
export type Preview = Schemas["PreviewView"];
export type ExperimentChoice = "new_phase" | "stop" | "accept";

const HALF_MINUTE = 30_000;
const SOON = 5_000;

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
    staleTime: HALF_MINUTE,
  });

/** What keeps analytics from telling for a moment. */
const PASSING: ReadonlySet<string> = new Set(["busy", "timeout", "no_store"]);

/** What edits would do in one environment, before they are made; asked again where analytics was busy. */
export const previewQuery = (project: string, environment: string, edits: readonly Edit[]) =>
  queryOptions({
    queryKey: ["preview", project, environment, edits],
    queryFn: ({ signal }) =>
      read(
        controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/preview", {
          params: { path: { project, environment } },
          body: { edits: [...edits], examples: 3 },
          signal,
        }),
      ),
    retry: false,
    refetchInterval: ({ state }) => (PASSING.has(state.data?.unavailable?.code ?? "") ? SOON : false),
    staleTime: HALF_MINUTE,
    gcTime: 60_000,
    placeholderData: keepPreviousData,
  });

export const propose = (project: string, title: string, description: string, edits: readonly Edit[]) =>
  write(
    controlPlane.POST("/api/v1/projects/{project}/change-requests", {
      params: { path: { project } },
      body: { title, description, edits: [...edits] },
    }),
  );

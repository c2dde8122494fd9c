/** Experiments as the control plane has them, and what is done with them. */

import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { controlPlane, read, type Written, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { given } from "@/lib/url";
import { ifMatch, reasonHeader } from "@/lib/write-headers";

type Schemas = components["schemas"];
export type Experiment = Schemas["ExperimentView"];
export type ExperimentCreate = Schemas["ExperimentCreate"];
export type ExperimentPatch = Schemas["ExperimentPatch"];
export type Plan = Schemas["AnalysisPlanView"];
export type Shipped = Schemas["ShippedView"];
export type Flag = Schemas["FlagView"];
export type Metric = Schemas["MetricView"];
export type LayerSlots = Schemas["LayerSlotsView"];
export type Version = Schemas["VersionView"];
export type OnExperiments = "new_phase" | "stop" | "accept";

const POLL = 5_000;

export const experimentKey = (project: string, key: string) => ["experiments", project, key] as const;

/** What is edited is read again and again, so that somebody else's change shows. */
export function useExperiment(project: string, key: string) {
  return useQuery({
    queryKey: experimentKey(project, key),
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/experiments/{key}", {
          params: { path: { project, key } },
          signal,
        }),
      ),
    refetchInterval: POLL,
    enabled: key !== "",
  });
}

export interface ExperimentFilters {
  readonly environment?: string | undefined;
  readonly state?: Experiment["status"] | undefined;
  readonly type?: Experiment["mode"] | undefined;
  readonly q?: string | undefined;
  readonly tag?: string | undefined;
  readonly owner?: string | undefined;
  readonly archived?: "only" | undefined;
  readonly sort?:
    | "key"
    | "-key"
    | "name"
    | "-name"
    | "created_at"
    | "-created_at"
    | "updated_at"
    | "-updated_at"
    | undefined;
}

const PAGE = 100;

export function useExperiments(project: string, filters: ExperimentFilters) {
  return useInfiniteQuery({
    queryKey: ["experiments", project, "list", filters],
    queryFn: ({ signal, pageParam }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/experiments", {
          params: {
            path: { project },
            query: { limit: PAGE, total: true, ...given({ ...filters, cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: (before) => before,
  });
}

export function useFlagSettings(project: string, key: string, environment: string) {
  return useQuery({
    queryKey: ["flags", project, key, "settings", environment],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/flags/{key}/environments/{environment}", {
          params: { path: { project, key, environment } },
          signal,
        }),
      ),
    enabled: key !== "",
    retry: false,
  });
}

export function useMetrics(project: string) {
  return useQuery({
    queryKey: ["metrics", project, "all"],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/metrics", {
          params: { path: { project }, query: { limit: 200, sort: "name" } },
          signal,
        }),
      ),
    staleTime: 30_000,
  });
}

export function useHistory(project: string, key: string) {
  return useQuery({
    queryKey: ["experiments", project, key, "history"],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/history/{kind}/{key}", {
          params: { path: { project, kind: "experiment", key }, query: { limit: 100 } },
          signal,
        }),
      ),
  });
}

/** Headers of a write: which version was seen, and why. */
function headers(how: { readonly version?: number | undefined; readonly reason?: string | undefined }) {
  return {
    ...(how.version === undefined ? {} : { "If-Match": ifMatch(how.version) }),
    ...reasonHeader(how.reason),
  };
}

export interface Write {
  readonly version?: number | undefined;
  readonly reason?: string | undefined;
  readonly onExperiments?: OnExperiments | undefined;
}

export interface ShipWanted {
  readonly variation: string;
  readonly rules: "keep" | "drop";
}

/** All that can be done with one experiment. Each write puts the new state into what the page shows. */
export function useActions(project: string, key: string) {
  const client = useQueryClient();
  const params = (how: Write) => ({ path: { project, key }, header: headers(how) });
  const on = (how: Write) => given({ on_experiments: how.onExperiments });
  const done = async (asked: Promise<Written<Experiment>>) => {
    const written = await asked;
    client.setQueryData(["experiments", project, key], written.data);
    await client.invalidateQueries({ queryKey: ["experiments", project] });
    void client.invalidateQueries({ queryKey: ["results"] });
    return written;
  };
  return {
    start: (how: Write) =>
      done(
        write(
          controlPlane.POST("/api/v1/projects/{project}/experiments/{key}/start", {
            params: params(how),
            body: on(how),
          }),
        ),
      ),
    stop: (how: Write) =>
      done(write(controlPlane.POST("/api/v1/projects/{project}/experiments/{key}/stop", { params: params(how) }))),
    pause: (how: Write) =>
      done(write(controlPlane.POST("/api/v1/projects/{project}/experiments/{key}/pause", { params: params(how) }))),
    resume: (how: Write) =>
      done(write(controlPlane.POST("/api/v1/projects/{project}/experiments/{key}/resume", { params: params(how) }))),
    change: (patch: ExperimentPatch, how: Write) =>
      done(
        write(
          controlPlane.PATCH("/api/v1/projects/{project}/experiments/{key}", {
            params: params(how),
            body: { ...patch, ...on(how) },
          }),
        ),
      ),
    schedule: (times: { start_at?: string; stop_at?: string }, how: Write) =>
      done(
        write(
          controlPlane.PUT("/api/v1/projects/{project}/experiments/{key}/schedule", {
            params: params(how),
            body: { ...times, ...on(how) },
          }),
        ),
      ),
    unschedule: (how: Write) =>
      done(
        write(controlPlane.DELETE("/api/v1/projects/{project}/experiments/{key}/schedule", { params: params(how) })),
      ),
    archive: (how: Write) =>
      done(write(controlPlane.POST("/api/v1/projects/{project}/experiments/{key}/archive", { params: params(how) }))),
    restore: (how: Write) =>
      done(write(controlPlane.POST("/api/v1/projects/{project}/experiments/{key}/restore", { params: params(how) }))),
    rehearseShipping: (wanted: ShipWanted) =>
      read(
        controlPlane.POST("/api/v1/projects/{project}/experiments/{key}/ship", {
          params: { path: { project, key } },
          body: { ...wanted, dry_run: true },
        }),
      ),
    ship: async (wanted: ShipWanted, how: Write) => {
      const written = await write(
        controlPlane.POST("/api/v1/projects/{project}/experiments/{key}/ship", {
          params: params(how),
          body: { ...wanted, dry_run: false, ...on(how) },
        }),
      );
      await client.invalidateQueries({ queryKey: ["experiments", project] });
      void client.invalidateQueries({ queryKey: ["flags", project] });
      void client.invalidateQueries({ queryKey: ["results"] });
      return written;
    },
  };
}

export async function createExperiment(project: string, body: ExperimentCreate): Promise<Written<Experiment>> {
  return write(controlPlane.POST("/api/v1/projects/{project}/experiments", { params: { path: { project } }, body }));
}

export type Edit = Schemas["EditIn"];

/** Where a change needs others' approval: the same write as an edit of a change request. */
export async function requestApproval(project: string, title: string, edits: Edit[], reason: string) {
  return write(
    controlPlane.POST("/api/v1/projects/{project}/change-requests", {
      params: { path: { project } },
      body: { title, description: reason, edits },
    }),
  );
}

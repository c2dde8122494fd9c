/** Metrics: how outcomes are counted, and what uses them. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { analytics, controlPlane, read, type Written, write } from "@/api/clients";
import type { components as Analytics } from "@/api/generated/analytics";
import type { components } from "@/api/generated/control-plane";
import type { Act, How } from "@/components/reviewing/acts";
import { given } from "@/lib/url";
import { ifMatch, reasonHeader } from "@/lib/write-headers";

type Schemas = components["schemas"];
export type Metric = Schemas["MetricView"];
export type MetricCreate = Schemas["MetricCreate"];
export type MetricPatch = Schemas["MetricPatch"];
export type MetricPreview = Analytics["schemas"]["MetricPreviewDocument"];
export type Calibration = Analytics["schemas"]["CalibrationDocument"];

export interface MetricFilters {
  readonly q?: string | undefined;
  readonly type?: Metric["aggregation"] | undefined;
  readonly tag?: string | undefined;
  readonly archived?: "only" | undefined;
  readonly sort?: "name" | "-name" | "updated_at" | "-updated_at" | undefined;
}

const PAGE = 100;

export function useMetricList(project: string, filters: MetricFilters) {
  return useInfiniteQuery({
    queryKey: ["metrics", project, "list", filters],
    queryFn: ({ signal, pageParam }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/metrics", {
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

export const metricsKey = (project: string) => ["metrics", project] as const;

export const metricKey = (project: string, key: string) => ["metrics", project, key] as const;

export function useMetric(project: string, key: string) {
  return useQuery({
    queryKey: metricKey(project, key),
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/metrics/{key}", { params: { path: { project, key } }, signal }),
      ),
    enabled: key !== "",
    refetchInterval: 5_000,
  });
}

export interface Use {
  readonly key: string;
  readonly name: string;
  readonly environment: string;
  readonly status: string;
  readonly role: string;
}

const USES_PAGES_MAX = 10;

function experimentsPage(project: string, cursor: string | undefined, signal: AbortSignal) {
  return read(
    controlPlane.GET("/api/v1/projects/{project}/experiments", {
      params: { path: { project }, query: { limit: 200, ...given({ cursor }) } },
      signal,
    }),
  );
}

/** The experiments that name it, of all environments. */
export function useUses(project: string, metric: string) {
  return useQuery({
    queryKey: ["metrics", project, metric, "uses"],
    queryFn: async ({ signal }) => {
      const uses: Use[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < USES_PAGES_MAX; page++) {
        const answer = await experimentsPage(project, cursor, signal);
        for (const each of answer.items) {
          const use = each.metrics.find((one) => one.metric === metric);
          if (use)
            uses.push({
              key: each.key,
              name: each.name,
              environment: each.environment,
              status: each.status,
              role: use.role,
            });
        }
        if (answer.next_cursor === null) break;
        cursor = answer.next_cursor;
      }
      return uses;
    },
    staleTime: 30_000,
  });
}

/** What it would have been over everybody, day by day. */
export function useMetricPreview(place: { project: string; environment: string }, key: string) {
  return useQuery({
    queryKey: ["metrics", place.project, key, "preview", place.environment],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/metrics/{metric}/preview", {
          params: { path: { metric: key }, query: { ...place, days: 14 } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });
}

export function useCalibration(place: { project: string; environment: string; metric: string; flag: string }) {
  return useQuery({
    queryKey: ["calibration", place],
    queryFn: ({ signal }) =>
      read(analytics.GET("/v1/calibration", { params: { query: { ...place, splits: 200 } }, signal })),
    enabled: place.flag !== "",
    retry: false,
    staleTime: 5 * 60_000,
  });
}

export async function createMetric(project: string, body: MetricCreate): Promise<Written<Metric>> {
  return write(controlPlane.POST("/api/v1/projects/{project}/metrics", { params: { path: { project } }, body }));
}

export async function changeMetric(
  project: string,
  key: string,
  version: number,
  body: MetricPatch,
  reason: string,
): Promise<Written<Metric>> {
  return write(
    controlPlane.PATCH("/api/v1/projects/{project}/metrics/{key}", {
      params: {
        path: { project, key },
        header: {
          "If-Match": ifMatch(version),
          ...reasonHeader(reason),
        },
      },
      body,
    }),
  );
}

const METRIC = "/api/v1/projects/{project}/metrics/{key}" as const;

/** Of a dry run what would be done, and nothing is. */
export function actOnMetric(project: string, key: string, action: Act, { dryRun, reason }: How) {
  const params = { path: { project, key }, query: { dry_run: dryRun }, header: reasonHeader(reason) };
  if (action === "archive") return write(controlPlane.POST(`${METRIC}/archive`, { params }));
  if (action === "restore") return write(controlPlane.POST(`${METRIC}/restore`, { params }));
  return write(controlPlane.DELETE(METRIC, { params }));
}

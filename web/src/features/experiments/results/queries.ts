/** What analytics answers of an experiment's results. */

import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { analytics, controlPlane, read } from "@/api/clients";
import type { components } from "@/api/generated/analytics";
import { useRight } from "@/api/rights";
import { given } from "@/lib/url";
import { restAfter } from "./pace";

type Schemas = components["schemas"];
export type Result = Schemas["ResultDocument"];
export type ExplainedQuery = Schemas["ExplainedQuery"];
export type Metric = Schemas["MetricDocument"];
export type MetricVariation = Schemas["MetricVariation"];
export type Comparison = Schemas["ComparisonDocument"];
export type FixedHorizon = Schemas["FixedHorizonDocument"];
export type Lift = Schemas["Lift"];
export type Difference = Schemas["Difference"];
export type Reading = Schemas["ReadingDocument"];
export type ReadingState = Schemas["State"];
export type Decision = Schemas["DecisionDocument"];
export type Verdict = Schemas["Verdict"];
export type HealthCheck = Schemas["HealthCheck"];
export type SampleRatio = Schemas["SampleRatioDocument"];
export type DailyResult = Schemas["DailyDocument"];
export type SegmentedResult = Schemas["SegmentedDocument"];
export type SegmentedMetric = Schemas["SegmentedMetric"];
export type Interactions = Schemas["InteractionsDocument"];

/** Which results: of which experiment, phase and moment. */
export interface Asked {
  readonly project: string;
  readonly environment: string;
  readonly experiment: string;
  /** The present one without it. */
  readonly phase?: number | undefined;
  /** RFC 3339: from what had been received by then. */
  readonly asOf?: string | undefined;
}

const HALF_MINUTE = 30_000;

export function parameters(asked: Asked) {
  return {
    path: { experiment: asked.experiment },
    query: {
      project: asked.project,
      environment: asked.environment,
      ...given({ phase: asked.phase, as_of: asked.asOf }),
    },
  };
}

/** A new computation leaves the figures before in their place until it is there. */
export function useResults(asked: Asked) {
  return useQuery({
    queryKey: ["results", asked],
    queryFn: async ({ signal }) => {
      const began = performance.now();
      const result = await read(
        analytics.GET("/v1/experiments/{experiment}/results", { params: parameters(asked), signal }),
      );
      return { result, took: performance.now() - began };
    },
    select: ({ result }) => result,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (asked.asOf === undefined ? restAfter(state.data?.took) : false),
  });
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();

/** What people call the environment's SDK keys, for whoever may read them. */
export function useKeyNames(asked: Asked, wanted: boolean): ReadonlyMap<string, string> {
  const { project, environment } = asked;
  const { allowed } = useRight("sdk_key:read", environment);
  const found = useQuery({
    queryKey: ["keys", project, environment, "names"],
    queryFn: async ({ signal }) => {
      const page = await read(
        controlPlane.GET("/api/v1/projects/{project}/environments/{environment}/sdk-keys", {
          params: { path: { project, environment }, query: { limit: 200 } },
          signal,
        }),
      );
      return new Map(page.items.map((each) => [each.id, each.name]));
    },
    enabled: wanted && allowed,
    staleTime: 300_000,
  });
  return found.data ?? NO_NAMES;
}

export function useDailyResults(asked: Asked, wanted: boolean) {
  return useQuery({
    queryKey: ["results", asked, "over time"],
    queryFn: ({ signal }) =>
      read(analytics.GET("/v1/experiments/{experiment}/results/over-time", { params: parameters(asked), signal })),
    staleTime: 2 * HALF_MINUTE,
    enabled: wanted,
  });
}

export function useSegmentedResults(asked: Asked, by: string) {
  const { path, query } = parameters(asked);
  return useQuery({
    queryKey: ["results", asked, "segments", by],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/experiments/{experiment}/results/segments", {
          params: { path, query: { ...query, by } },
          signal,
        }),
      ),
    staleTime: 2 * HALF_MINUTE,
    enabled: by !== "",
  });
}

export function useInteractions(asked: Asked, wanted: boolean) {
  return useQuery({
    queryKey: ["results", asked, "interactions"],
    queryFn: ({ signal }) =>
      read(analytics.GET("/v1/experiments/{experiment}/interactions", { params: parameters(asked), signal })),
    staleTime: 2 * HALF_MINUTE,
    enabled: wanted,
  });
}

/** The same results with each query that was asked for them. */
export function useExplanation(asked: Asked, wanted: boolean) {
  const { path, query } = parameters(asked);
  return useQuery({
    queryKey: ["results", asked, "explanation"],
    queryFn: async ({ signal }) => {
      const found = await read(
        analytics.GET("/v1/experiments/{experiment}/results", {
          params: { path, query: { ...query, explain: true } },
          signal,
        }),
      );
      return "explanation" in found ? found.explanation : [];
    },
    staleTime: 2 * HALF_MINUTE,
    enabled: wanted,
  });
}

export function useSnapshots(asked: Asked, wanted: boolean) {
  const { path, query } = parameters(asked);
  return useQuery({
    queryKey: ["snapshots", asked.project, asked.environment, asked.experiment],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/experiments/{experiment}/snapshots", {
          params: { path, query: { ...query, limit: 200 } },
          signal,
        }),
      ),
    enabled: wanted,
  });
}

/** Results as they were stored. */
export function useSnapshot(asked: Asked, snapshot: string) {
  const { path, query } = parameters(asked);
  return useQuery({
    queryKey: ["snapshots", asked.project, asked.environment, asked.experiment, snapshot],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/experiments/{experiment}/snapshots/{snapshot}", {
          params: { path: { ...path, snapshot }, query },
          signal,
        }),
      ),
    enabled: snapshot !== "",
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useTakeSnapshot(asked: Asked) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => read(analytics.POST("/v1/experiments/{experiment}/snapshots", { params: parameters(asked) })),
    onSuccess: () =>
      client.invalidateQueries({ queryKey: ["snapshots", asked.project, asked.environment, asked.experiment] }),
  });
}

export type FileWanted = "results csv" | "results parquet" | "report" | "report pdf" | "units csv";

/** A file of these results; it needs the token, so it can't be a plain link. */
export async function readFile(asked: Asked, wanted: FileWanted): Promise<Blob> {
  const { path, query } = parameters(asked);
  switch (wanted) {
    case "results csv":
    case "results parquet":
      return blob(
        analytics.GET("/v1/experiments/{experiment}/results/export", {
          params: { path, query: { ...query, format: wanted === "results csv" ? "csv" : "parquet" } },
          parseAs: "blob",
        }),
      );
    case "units csv":
      return blob(
        analytics.GET("/v1/experiments/{experiment}/units", {
          params: { path, query: { ...query, format: "csv" } },
          parseAs: "blob",
        }),
      );
    default:
      return blob(
        analytics.GET("/v1/experiments/{experiment}/report", {
          params: { path, query: { ...query, format: wanted === "report" ? "html" : "pdf" } },
          parseAs: "blob",
        }),
      );
  }
}

async function blob(answer: Promise<{ data?: unknown; error?: unknown; response: Response }>): Promise<Blob> {
  const found = await read<unknown>(answer);
  return found instanceof Blob ? found : new Blob([]);
}

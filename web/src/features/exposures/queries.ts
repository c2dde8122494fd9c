import { queryOptions } from "@tanstack/react-query";
import { analytics, events, read, streamed } from "@/api/clients";
import type { components as AnalyticsComponents } from "@/api/generated/analytics";
import type { components as EventComponents } from "@/api/generated/ingestor";
import { type ServerEvent, serverEvents } from "@/lib/eventStream";

export type Exposures = AnalyticsComponents["schemas"]["ExposuresDocument"];
export type UnknownFlag = AnalyticsComponents["schemas"]["UnknownFlagDocument"];
export type Counts = EventComponents["schemas"]["CountsDocument"];

const COUNTS_EVERY = 5_000;
const EXPOSURES_EVERY = 30_000;

export const exposuresQuery = (project: string, environment: string, flag: string, start: string) =>
  queryOptions({
    queryKey: ["project", project, "exposures", environment, flag, start],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/flags/{key}/exposures", {
          params: { path: { key: flag }, query: { project, environment, start } },
          signal,
        }),
      ),
    enabled: flag !== "",
    refetchInterval: EXPOSURES_EVERY,
  });

/** How the units of an experiment divide, as the service judges it. */
export const sampleRatioQuery = (project: string, environment: string, experiment: string) =>
  queryOptions({
    queryKey: ["project", project, "exposures", environment, "sample-ratio", experiment],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/experiments/{experiment}/results/sample-ratio", {
          params: { path: { experiment }, query: { project, environment } },
          signal,
        }),
      ),
    staleTime: EXPOSURES_EVERY,
    retry: false,
  });

export const unknownFlagsQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["project", project, "unknown-flags", environment],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/usage/unknown-flags", { params: { query: { project, environment, limit: 200 } }, signal }),
      ),
    refetchInterval: EXPOSURES_EVERY,
  });

export const countsQuery = (project: string, environment: string, minutes: number) =>
  queryOptions({
    queryKey: ["project", project, "event-counts", environment, minutes],
    queryFn: ({ signal }) =>
      read(events.GET("/v1/events/counts", { params: { query: { project, environment, minutes } }, signal })),
    refetchInterval: COUNTS_EVERY,
  });

/** Events as they arrive, until `signal` ends it or the service does. `onOpen` is called when they may come. */
export async function* tail(
  project: string,
  environment: string,
  signal: AbortSignal,
  onOpen: () => void,
): AsyncGenerator<ServerEvent[]> {
  const query = new URLSearchParams({ project, environment });
  const response = await streamed("events", `/v1/events/tail?${query}`, signal);
  onOpen();
  if (response.body !== null) yield* serverEvents(response.body);
}

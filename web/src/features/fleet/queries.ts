/** Which edge serves which version, and how a version spread. */

import { queryOptions } from "@tanstack/react-query";
import { controlPlane, read } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { readinessOf, type Service } from "@/api/readiness";

export { type Readiness, SERVICES, type Service } from "@/api/readiness";

type Schemas = components["schemas"];
export type Edge = Schemas["EdgeView"];
export type Propagation = Schemas["VersionPropagationView"];

const AT = "/api/v1/projects/{project}/environments/{environment}" as const;
const POLL_MILLISECONDS = 2_000;
const READINESS_MILLISECONDS = 10_000;

export const edgesQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["fleet", project, environment, "edges"],
    queryFn: async ({ signal }) =>
      (
        await read(
          controlPlane.GET(`${AT}/edges`, {
            params: { path: { project, environment }, query: { limit: 200 } },
            signal,
          }),
        )
      ).items,
    refetchInterval: POLL_MILLISECONDS,
  });

export const publicationQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["fleet", project, environment, "publication"],
    queryFn: ({ signal }) =>
      read(controlPlane.GET(`${AT}/publication`, { params: { path: { project, environment } }, signal })),
    refetchInterval: POLL_MILLISECONDS,
  });

export const propagationQuery = (project: string, environment: string, version: number) =>
  queryOptions({
    queryKey: ["fleet", project, environment, "propagation", version],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET(`${AT}/versions/{version}/propagation`, {
          params: { path: { project, environment, version } },
          signal,
        }),
      ),
    refetchInterval: POLL_MILLISECONDS,
    enabled: version > 0,
  });

export const readinessQuery = (service: Service) =>
  queryOptions({
    queryKey: ["readiness", service.prefix],
    queryFn: ({ signal }) => readinessOf(service, signal),
    refetchInterval: READINESS_MILLISECONDS,
    retry: false,
  });

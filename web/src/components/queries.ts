/** What components read by themselves: entities to choose from. */

import { queryOptions } from "@tanstack/react-query";
import { controlPlane, read } from "@/api/clients";

export type PickedKind = "flag" | "segment" | "config" | "metric" | "experiment" | "layer" | "holdout" | "member";

export interface Choice {
  readonly key: string;
  readonly name: string;
}

const LIMIT = 20;
const SEGMENTS = 200;

const PATHS = {
  flag: "/api/v1/projects/{project}/flags",
  segment: "/api/v1/projects/{project}/segments",
  config: "/api/v1/projects/{project}/configs",
  metric: "/api/v1/projects/{project}/metrics",
  experiment: "/api/v1/projects/{project}/experiments",
  layer: "/api/v1/projects/{project}/layers",
  holdout: "/api/v1/projects/{project}/holdouts",
} as const;

export const choicesQuery = (kind: PickedKind, project: string, organization: string, text: string) =>
  queryOptions({
    queryKey: ["choices", kind, kind === "member" ? organization : project, text],
    queryFn: ({ signal }) =>
      kind === "member" ? members(organization, text, signal) : entities(kind, project, text, signal),
    staleTime: 30_000,
    placeholderData: (before) => before,
  });

async function entities(
  kind: keyof typeof PATHS,
  project: string,
  text: string,
  signal: AbortSignal,
): Promise<Choice[]> {
  const query = { limit: LIMIT, ...(text === "" ? {} : { q: text }) };
  const page = await read(controlPlane.GET(PATHS[kind], { params: { path: { project }, query }, signal }));
  return page.items.map((each) => ({ key: each.key, name: each.name }));
}

async function members(organization: string, text: string, signal: AbortSignal): Promise<Choice[]> {
  const page = await read(
    controlPlane.GET("/api/v1/organizations/{organization}/members", {
      params: { path: { organization }, query: { limit: 200 } },
      signal,
    }),
  );
  const wanted = text.toLowerCase();
  return page.items
    .filter((each) => `${each.name} ${each.email}`.toLowerCase().includes(wanted))
    .slice(0, LIMIT)
    .map((each) => ({ key: each.email, name: each.name }));
}

/** By their addresses, what people are called. */
export const memberNamesQuery = (organization: string) =>
  queryOptions({
    queryKey: ["member-names", organization],
    queryFn: async ({ signal }) => {
      const page = await read(
        controlPlane.GET("/api/v1/organizations/{organization}/members", {
          params: { path: { organization }, query: { limit: 200 } },
          signal,
        }),
      );
      return new Map(page.items.filter((each) => each.name !== "").map((each) => [each.email, each.name]));
    },
    staleTime: 300_000,
  });

export const memberQuery = (organization: string, user: string) =>
  queryOptions({
    queryKey: ["people", organization, "member", user],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/organizations/{organization}/members/{user}", {
          params: { path: { organization, user } },
          signal,
        }),
      ),
  });

/** What one may name in a condition. */
export const segmentKeysQuery = (project: string) =>
  queryOptions({
    queryKey: ["project", project, "segments", "keys"],
    queryFn: async ({ signal }) => {
      const page = await read(
        controlPlane.GET(PATHS.segment, { params: { path: { project }, query: { limit: SEGMENTS } }, signal }),
      );
      return page.items.map((each) => each.key);
    },
    staleTime: 60_000,
  });

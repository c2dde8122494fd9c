import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { analytics, controlPlane, read, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import type { FlagListParameters } from "../filters";
import { batched } from "./batches";

export { permissionsQuery } from "@/api/shared-queries";

type Schemas = components["schemas"];
export type Flag = Schemas["FlagView"];
export type NewFlag = Schemas["FlagCreate"];
export const PAGE = 200;
const MINUTE = 60_000;

/** Everything that a write of a flag makes old begins with this. */
export const flagsKey = (project: string) => ["project", project, "flags"] as const;

export const flagListQuery = (project: string, parameters: FlagListParameters) =>
  infiniteQueryOptions({
    queryKey: [...flagsKey(project), "list", parameters],
    queryFn: ({ pageParam, signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/flags", {
          params: {
            path: { project },
            query: { ...parameters, limit: PAGE, ...(pageParam === null ? { total: true } : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });

/** What the filters offer: tags and owners of the whole project, with their numbers. */
export const flagFacetsQuery = (project: string) =>
  queryOptions({
    queryKey: [...flagsKey(project), "facets"],
    queryFn: async ({ signal }) => {
      const page = await read(
        controlPlane.GET("/api/v1/projects/{project}/flags", {
          params: { path: { project }, query: { facets: "tag,owner", limit: 1 } },
          signal,
        }),
      );
      return { tags: page.facets?.tag ?? [], owners: page.facets?.owner ?? [] };
    },
    staleTime: MINUTE,
  });

export type Usage = Awaited<ReturnType<typeof usageOf>>["items"][number];

const TOGETHER = { milliseconds: 30, keysMax: 200, lengthMax: 2000 };
function usageOf(project: string, environment: string, keys: readonly string[]) {
  return read(
    analytics.GET("/v1/usage/flags", {
      params: { query: { project, environment, flags: keys.join(","), limit: PAGE } },
    }),
  );
}

function lifecyclesOf(project: string, environment: string, keys: readonly string[]) {
  return read(
    controlPlane.GET("/api/v1/projects/{project}/flag-lifecycles", {
      params: { path: { project }, query: { environment, flags: keys.join(","), limit: PAGE } },
    }),
  );
}

type Told = { readonly flag: string };
type Load<T> = (project: string, environment: string, keys: readonly string[]) => Promise<{ readonly items: T[] }>;

/** The rows in view ask at once: that is one call. */
function asking<T extends Told>(load: Load<T>) {
  const askers = new Map<string, (flag: string) => Promise<T | undefined>>();
  return (project: string, environment: string) => {
    const name = JSON.stringify([project, environment]);
    const known = askers.get(name);
    if (known !== undefined) return known;
    const ask = batched(async (keys) => {
      const { items } = await load(project, environment, keys);
      return new Map(items.map((each) => [each.flag, each] as const));
    }, TOGETHER);
    askers.set(name, ask);
    return ask;
  };
}

const usageAsker = asking(usageOf);
const lifecycleAsker = asking(lifecyclesOf);

export const usageQuery = (project: string, environment: string, flag: string) =>
  queryOptions({
    queryKey: ["project", project, "usage", environment, flag],
    queryFn: async () => (await usageAsker(project, environment)(flag)) ?? null,
    staleTime: MINUTE,
    retry: false,
  });

/** How far the flag has come in the environment. */
export const lifecycleThereQuery = (project: string, environment: string, flag: string) =>
  queryOptions({
    queryKey: [...flagsKey(project), "lifecycle", environment, flag],
    queryFn: async () => {
      const told = await lifecycleAsker(project, environment)(flag);
      return told?.environments.find((each) => each.environment === environment) ?? null;
    },
    staleTime: MINUTE,
    retry: false,
  });

export const savedViewsQuery = (project: string) =>
  queryOptions({
    queryKey: ["project", project, "saved-views", "flags"],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/saved-views", {
          params: { path: { project }, query: { of: "flags" } },
          signal,
        }),
      ),
    staleTime: MINUTE,
  });

export function saveView(project: string, body: Schemas["SavedViewFields"]) {
  return write(controlPlane.POST("/api/v1/projects/{project}/saved-views", { params: { path: { project } }, body }));
}

export function deleteView(project: string, view: string) {
  return write(
    controlPlane.DELETE("/api/v1/projects/{project}/saved-views/{view}", { params: { path: { project, view } } }),
  );
}

export function createFlag(project: string, body: NewFlag) {
  return write(controlPlane.POST("/api/v1/projects/{project}/flags", { params: { path: { project } }, body }));
}

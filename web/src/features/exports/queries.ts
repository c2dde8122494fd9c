/** Exports of an environment and their runs, at analytics. */

import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { analytics, read, type Written, write } from "@/api/clients";
import type { components } from "@/api/generated/analytics";
import { usePaged } from "@/lib/paged";
import { ifMatch } from "@/lib/write-headers";

type Schemas = components["schemas"];
export type Export = Schemas["ExportDocument"];
export type Run = Schemas["RunDocument"];
export type CreateExport = Schemas["CreateExport"];
export type Dataset = NonNullable<CreateExport["datasets"]>[number];

const POLL_MILLISECONDS = 5_000;

export function useExports(project: string) {
  return usePaged<Export>({
    queryKey: ["exports", project, "list"],
    refetchInterval: POLL_MILLISECONDS,
    page: (cursor, signal) =>
      read(
        analytics.GET("/v1/exports", {
          params: { query: { project, limit: 50, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
  });
}

export const exportQuery = (id: string) =>
  queryOptions({
    queryKey: ["exports", "one", id],
    queryFn: ({ signal }) =>
      read(analytics.GET("/v1/exports/{export_id}", { params: { path: { export_id: id } }, signal })),
    refetchInterval: POLL_MILLISECONDS,
  });

export function useRuns(id: string) {
  return usePaged<Run>({
    queryKey: ["exports", "runs", id],
    refetchInterval: POLL_MILLISECONDS,
    page: (cursor, signal) =>
      read(
        analytics.GET("/v1/exports/{export_id}/runs", {
          params: { path: { export_id: id }, query: { limit: 20, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
  });
}

export function useExportWrites() {
  const client = useQueryClient();
  const done = async <T>(writing: Promise<Written<T>>): Promise<Written<T>> => {
    try {
      return await writing;
    } finally {
      await client.invalidateQueries({ queryKey: ["exports"] });
    }
  };
  const at = (found: Export) => ({
    params: { path: { export_id: found.id }, header: { "If-Match": ifMatch(found.version) } },
  });
  return {
    create: (body: CreateExport) => done(write(analytics.POST("/v1/exports", { body }))),
    change: (found: Export, body: Schemas["ChangeExport"]) =>
      done(write(analytics.PATCH("/v1/exports/{export_id}", { ...at(found), body }))),
    remove: (found: Export) => done(write(analytics.DELETE("/v1/exports/{export_id}", at(found)))),
    test: (id: string) =>
      write(analytics.POST("/v1/exports/{export_id}/test", { params: { path: { export_id: id } } })),
    run: (id: string, mode: "incremental" | "full") =>
      done(
        write(analytics.POST("/v1/exports/{export_id}/runs", { params: { path: { export_id: id } }, body: { mode } })),
      ),
  };
}

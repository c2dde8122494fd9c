import { queryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { controlPlane, read, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import type { Parameters } from "@/components/EntityList";
import { type Act, type How, TRIED } from "@/components/reviewing/acts";
import { ifMatch, reasonHeader } from "@/lib/write-headers";

type Schemas = components["schemas"];
export type Config = Schemas["ConfigView"];
export type ConfigSettings = Schemas["ConfigSettingsView"];
export type NewConfig = Schemas["ConfigCreate"];
export type ConfigChange = Schemas["ConfigPatch"];
export type SettingsChange = Schemas["ConfigSettingsPatch"];

const PAGE = 200;
const CONFIG = "/api/v1/projects/{project}/configs/{key}" as const;

export const configsKey = (project: string) => ["project", project, "configs"] as const;

export function useConfigs(project: string, parameters: Parameters) {
  return useInfiniteQuery({
    queryKey: [...configsKey(project), "list", parameters],
    queryFn: ({ pageParam, signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/configs", {
          params: {
            path: { project },
            query: { ...parameters, limit: PAGE, ...(pageParam === null ? { total: true } : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    placeholderData: (before) => before,
  });
}

export const configQuery = (project: string, key: string) =>
  queryOptions({
    queryKey: [...configsKey(project), key],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/configs/{key}", { params: { path: { project, key } }, signal }),
      ),
  });

export const settingsQuery = (project: string, key: string, environment: string) =>
  queryOptions({
    queryKey: [...configsKey(project), key, "settings", environment],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/configs/{key}/environments/{environment}", {
          params: { path: { project, key, environment } },
          signal,
        }),
      ),
  });

/** What this config is for somebody, by what is saved. */
export function explainConfig(project: string, environment: string, key: string, context: Record<string, unknown>) {
  return read(
    controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/explain", {
      params: { path: { project, environment } },
      body: { flag: key, context },
    }),
  );
}

export function createConfig(project: string, body: NewConfig) {
  return write(controlPlane.POST("/api/v1/projects/{project}/configs", { params: { path: { project } }, body }));
}

export function changeConfig(project: string, key: string, version: number, body: ConfigChange, reason?: string) {
  return write(
    controlPlane.PATCH("/api/v1/projects/{project}/configs/{key}", {
      params: { path: { project, key }, header: { "If-Match": ifMatch(version), ...reasonHeader(reason) } },
      body,
    }),
  );
}

export interface DefinitionPlace {
  readonly project: string;
  readonly key: string;
  readonly version: number;
}

/** Whether a change would be taken; nothing is written. A refusal says what stands in its way. */
export const triedChangeQuery = (at: DefinitionPlace, body: ConfigChange) =>
  queryOptions({
    queryKey: [...configsKey(at.project), at.key, "tried", at.version, body],
    queryFn: ({ signal }) =>
      read(
        controlPlane.PATCH("/api/v1/projects/{project}/configs/{key}", {
          params: {
            path: { project: at.project, key: at.key },
            query: { dry_run: true },
            header: { "If-Match": ifMatch(at.version), ...reasonHeader(TRIED) },
          },
          body,
          signal,
        }),
      ),
    retry: false,
    staleTime: 60_000,
  });

export interface SettingsPlace {
  project: string;
  key: string;
  environment: string;
}

export function changeSettings(at: SettingsPlace, version: number, body: SettingsChange, reason?: string) {
  return write(
    controlPlane.PATCH("/api/v1/projects/{project}/configs/{key}/environments/{environment}", {
      params: {
        path: { project: at.project, key: at.key, environment: at.environment },
        header: { "If-Match": ifMatch(version), ...reasonHeader(reason) },
      },
      body,
    }),
  );
}

/** Of a dry run what would be done, and nothing is. */
export function actOnConfig(project: string, key: string, action: Act, { dryRun, reason }: How) {
  const header = reasonHeader(reason);
  const params = { path: { project, key }, query: { dry_run: dryRun }, header };
  if (action === "archive") return write(controlPlane.POST(`${CONFIG}/archive`, { params }));
  if (action === "restore") return write(controlPlane.POST(`${CONFIG}/restore`, { params }));
  return write(controlPlane.DELETE(CONFIG, { params }));
}

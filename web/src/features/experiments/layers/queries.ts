/** Layers and holdouts: what experiments share. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { analytics, controlPlane, read, type Written, write } from "@/api/clients";
import type { components as Analytics } from "@/api/generated/analytics";
import type { components } from "@/api/generated/control-plane";
import type { Act, How as ActHow } from "@/components/reviewing/acts";
import { given } from "@/lib/url";
import { ifMatch, reasonHeader } from "@/lib/write-headers";

export type Layer = components["schemas"]["LayerView"];
export type Holdout = components["schemas"]["HoldoutView"];
export type HoldoutEffect = Analytics["schemas"]["HoldoutDocument"];
export type Programme = Analytics["schemas"]["ProgrammeDocument"];

export type Kind = "layer" | "holdout";

/** What is edited of either; a layer has no share. */
export interface Fields {
  readonly name: string;
  readonly description: string;
  readonly share: number | null;
}

interface How {
  readonly version: number;
  readonly onExperiments?: "new_phase" | "stop" | "accept" | undefined;
  readonly reason?: string;
}

const LAYER = "/api/v1/projects/{project}/layers/{key}" as const;
const HOLDOUT = "/api/v1/projects/{project}/holdouts/{key}" as const;

export const layersKey = (kind: Kind, project: string) => [`${kind}s`, project] as const;

/** Those that were put out of use. */
export function useArchived(kind: Kind, project: string) {
  return useQuery({
    queryKey: [...layersKey(kind, project), "archived"],
    queryFn: async ({ signal }): Promise<readonly (Layer | Holdout)[]> => {
      const asked = { params: { path: { project }, query: { archived: "only" as const, limit: 200 } }, signal };
      const answer =
        kind === "layer"
          ? read(controlPlane.GET("/api/v1/projects/{project}/layers", asked))
          : read(controlPlane.GET("/api/v1/projects/{project}/holdouts", asked));
      return (await answer).items;
    },
  });
}

/** What is done with layers and holdouts; what shows them is read anew. */
export function useLayerWrites(kind: Kind, project: string) {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: layersKey(kind, project) });
  const done = async <T>(writing: Promise<T>): Promise<T> => {
    try {
      return await writing;
    } finally {
      await refresh();
    }
  };
  return {
    refresh,
    create: (key: string, name: string, share: number) => {
      const params = { path: { project } };
      return done<Written<Layer | Holdout>>(
        kind === "layer"
          ? write(controlPlane.POST("/api/v1/projects/{project}/layers", { params, body: { key, name } }))
          : write(controlPlane.POST("/api/v1/projects/{project}/holdouts", { params, body: { key, name, share } })),
      );
    },
    change: (key: string, { name, description, share }: Fields, { version, onExperiments, reason }: How) => {
      const params = { path: { project, key }, header: { "If-Match": ifMatch(version), ...reasonHeader(reason) } };
      const texts = { name, description };
      return done<Written<Layer | Holdout>>(
        kind === "layer"
          ? write(controlPlane.PATCH(LAYER, { params, body: texts }))
          : write(
              controlPlane.PATCH(HOLDOUT, {
                params,
                body: { ...texts, ...given({ share: share ?? undefined, on_experiments: onExperiments }) },
              }),
            ),
      );
    },
  };
}

/** Of a dry run what would be done, and nothing is. */
export function actOnShared(kind: Kind, project: string, key: string, action: Act, { dryRun, reason }: ActHow) {
  const params = { path: { project, key }, query: { dry_run: dryRun }, header: reasonHeader(reason) };
  if (action === "delete") return write(controlPlane.DELETE(kind === "layer" ? LAYER : HOLDOUT, { params }));
  if (kind === "layer")
    return action === "archive"
      ? write(controlPlane.POST(`${LAYER}/archive`, { params }))
      : write(controlPlane.POST(`${LAYER}/restore`, { params }));
  return action === "archive"
    ? write(controlPlane.POST(`${HOLDOUT}/archive`, { params }))
    : write(controlPlane.POST(`${HOLDOUT}/restore`, { params }));
}

export function useHoldoutEffect(project: string, environment: string, holdout: string, wanted: boolean) {
  return useQuery({
    queryKey: ["holdouts", project, holdout, "effect", environment],
    queryFn: ({ signal }) =>
      read(
        analytics.GET("/v1/holdouts/{holdout}/effect", {
          params: { path: { holdout }, query: { project, environment } },
          signal,
        }),
      ),
    enabled: wanted,
    retry: false,
    staleTime: 60_000,
  });
}

export function useProgramme(project: string, environment: string, metric: string) {
  return useQuery({
    queryKey: ["programme", project, environment, metric],
    queryFn: ({ signal }) =>
      read(analytics.GET("/v1/programme", { params: { query: { project, environment, metric } }, signal })),
    enabled: metric !== "",
    staleTime: 60_000,
  });
}

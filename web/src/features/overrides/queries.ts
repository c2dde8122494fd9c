import { useDebouncedValue } from "@mantine/hooks";
import { infiniteQueryOptions, queryOptions, useQuery } from "@tanstack/react-query";
import { controlPlane, read, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { replacedBy } from "./model";

type Schemas = components["schemas"];
export type Override = Schemas["OverrideView"];
export type Unit = Schemas["UnitView"];
export type NewOverride = Schemas["OverrideGiven"];

const PAGE = 100;

export const overridesKey = (project: string, environment: string) =>
  ["project", project, "overrides", environment] as const;

export interface OverrideListParameters {
  flag?: string;
  unit?: string;
  expired: "false" | "true" | "only";
}

export const overrideListQuery = (project: string, environment: string, parameters: OverrideListParameters) =>
  infiniteQueryOptions({
    queryKey: [...overridesKey(project, environment), "list", parameters],
    queryFn: ({ pageParam, signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/environments/{environment}/overrides", {
          params: {
            path: { project, environment },
            query: { ...parameters, limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
  });

export const unitQuery = (project: string, environment: string, unit: string) =>
  queryOptions({
    queryKey: [...overridesKey(project, environment), "unit", unit],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/environments/{environment}/overrides/{unit}", {
          params: { path: { project, environment, unit } },
          signal,
        }),
      ),
    enabled: unit !== "",
  });

/** The variations that an override may name. */
export const variationsQuery = (project: string, flag: string) =>
  queryOptions({
    queryKey: ["project", project, "flags", flag, "variations"],
    queryFn: async ({ signal }) => {
      const found = await read(
        controlPlane.GET("/api/v1/projects/{project}/flags/{key}", {
          params: { path: { project, key: flag } },
          signal,
        }),
      );
      return found.variations.map(({ key, name }) => ({ key, name: name ?? "" }));
    },
    enabled: flag !== "",
  });

const QUIET_MILLISECONDS = 400;
const POLL_MILLISECONDS = 5_000;

interface Asked {
  readonly project: string;
  readonly environment: string;
  readonly unit: string;
  readonly flag: string | null;
}

/** The override of a flag that this unit has now, read again while somebody is about to set another. */
export function useReplaced({ project, environment, unit, flag }: Asked): Override | null {
  const [quiet] = useDebouncedValue(unit.trim(), QUIET_MILLISECONDS);
  const asked = quiet !== "" && quiet === unit.trim() && flag !== null;
  const found = useQuery({
    ...unitQuery(project, environment, quiet),
    enabled: asked,
    refetchInterval: POLL_MILLISECONDS,
  }).data;
  return asked && found !== undefined ? replacedBy(found.overrides, flag) : null;
}

export function setOverride(project: string, environment: string, unit: string, body: NewOverride) {
  return write(
    controlPlane.PUT("/api/v1/projects/{project}/environments/{environment}/overrides/{unit}", {
      params: { path: { project, environment, unit } },
      body,
    }),
  );
}

/** Of one flag, or all of the unit's. */
export function removeOverrides(project: string, environment: string, unit: string, flag?: string) {
  return write(
    controlPlane.DELETE("/api/v1/projects/{project}/environments/{environment}/overrides/{unit}", {
      params: { path: { project, environment, unit }, query: flag === undefined ? {} : { flag } },
    }),
  );
}

type Removed = Pick<Override, "flag" | "experiment" | "variation" | "reason" | "expires_at">;

/** What was removed, as it was. */
export function setAgain(project: string, environment: string, unit: string, removed: Removed) {
  const { flag, experiment, variation, reason, expires_at } = removed;
  const subject = experiment === null ? { flag } : { experiment };
  return setOverride(project, environment, unit, { ...subject, variation, reason, expires_at });
}

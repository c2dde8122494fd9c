/** What the pages of rollouts, incidents and templates read and write. */

import { queryOptions, useQueries, useQueryClient } from "@tanstack/react-query";
import { controlPlane, read, type Written, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { Problem } from "@/api/problem";
import { usePaged } from "@/lib/paged";
import { ifMatch, reasonHeader } from "@/lib/write-headers";
import type { Guard } from "./model";

type Schemas = components["schemas"];
export type Rollout = Schemas["RolloutView"];
export type RolloutState = Rollout["state"];
export type Transition = Schemas["TransitionView"];
export type Verdict = Schemas["VerdictView"];
export type Finding = Schemas["FindingView"];
export type Incident = Schemas["IncidentView"];
export type IncidentDetail = Schemas["IncidentDetail"];
export type Template = Schemas["TemplateView"];
export type TemplateFields = Schemas["TemplateFields"];
export type RolloutCreate = Schemas["RolloutCreate"];
export type Step = "start" | "pause" | "resume" | "skip" | "approve" | "roll-back" | "cancel";

const ALL = "/api/v1/projects/{project}/environments/{environment}/rollouts" as const;
const ONE = `${ALL}/{key}` as const;
const INCIDENTS = "/api/v1/projects/{project}/environments/{environment}/incidents" as const;
const TEMPLATES = "/api/v1/projects/{project}/rollout-templates" as const;
const LIST_POLL_MILLISECONDS = 5_000;
const PAGE_POLL_MILLISECONDS = 2_000;

export function useRollouts(project: string, environment: string, state: RolloutState | null, flag: string | null) {
  return usePaged<Rollout>({
    queryKey: ["rollouts", project, environment, "list", state, flag],
    refetchInterval: LIST_POLL_MILLISECONDS,
    page: (cursor, signal) =>
      read(
        controlPlane.GET(ALL, {
          params: {
            path: { project, environment },
            query: {
              limit: 50,
              ...(cursor === undefined ? {} : { cursor }),
              ...(state === null ? {} : { state }),
              ...(flag === null ? {} : { flag }),
            },
          },
          signal,
        }),
      ),
  });
}

export const rolloutQuery = (project: string, environment: string, key: string) =>
  queryOptions({
    queryKey: ["rollouts", project, environment, "one", key],
    queryFn: ({ signal }) => read(controlPlane.GET(ONE, { params: { path: { project, environment, key } }, signal })),
    refetchInterval: PAGE_POLL_MILLISECONDS,
  });

export const timelineQuery = (project: string, environment: string, key: string) =>
  queryOptions({
    queryKey: ["rollouts", project, environment, "timeline", key],
    queryFn: async ({ signal }) => {
      const answer = await read(
        controlPlane.GET(`${ONE}/timeline`, { params: { path: { project, environment, key } }, signal }),
      );
      return answer.items;
    },
    refetchInterval: LIST_POLL_MILLISECONDS,
  });

/** Null before the monitor's first look. */
export const verdictQuery = (project: string, environment: string, key: string) =>
  queryOptions({
    queryKey: ["rollouts", project, environment, "verdict", key],
    queryFn: async ({ signal }): Promise<Verdict | null> => {
      try {
        return await read(
          controlPlane.GET(`${ONE}/verdict`, { params: { path: { project, environment, key } }, signal }),
        );
      } catch (thrown) {
        if (thrown instanceof Problem && thrown.status === 404) return null;
        throw thrown;
      }
    },
    refetchInterval: LIST_POLL_MILLISECONDS,
  });

export function useIncidents(project: string, environment: string, rollout: string | null) {
  return usePaged<Incident>({
    queryKey: ["rollouts", project, environment, "incidents", rollout],
    refetchInterval: LIST_POLL_MILLISECONDS,
    page: (cursor, signal) =>
      read(
        controlPlane.GET(INCIDENTS, {
          params: {
            path: { project, environment },
            query: { limit: 50, ...(cursor === undefined ? {} : { cursor }), ...(rollout === null ? {} : { rollout }) },
          },
          signal,
        }),
      ),
  });
}

export const incidentQuery = (project: string, environment: string, incident: string) =>
  queryOptions({
    queryKey: ["rollouts", project, environment, "incident", incident],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET(`${INCIDENTS}/{incident}`, { params: { path: { project, environment, incident } }, signal }),
      ),
    refetchInterval: LIST_POLL_MILLISECONDS,
  });

export const templatesQuery = (project: string) =>
  queryOptions({
    queryKey: ["rollouts", project, "templates"],
    queryFn: async ({ signal }) =>
      (await read(controlPlane.GET(TEMPLATES, { params: { path: { project } }, signal }))).items,
  });

/** Of which every unit is 0 or 1, so that a mean is a share of units. */
const SHARES: ReadonlySet<string> = new Set(["conversion", "retention", "funnel"]);

/** What these guards watch, by key; a metric that can't be read is left out. */
export function useWatched(project: string, guards: readonly Pick<Guard, "metric">[]): WatchedMetrics {
  const metrics = [...new Set(guards.flatMap((each) => each.metric ?? []))];
  return useQueries({
    queries: metrics.map((key) => ({
      queryKey: ["rollouts", project, "metric", key],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        read(
          controlPlane.GET("/api/v1/projects/{project}/metrics/{key}", { params: { path: { project, key } }, signal }),
        ),
      staleTime: PAGE_POLL_MILLISECONDS * 30,
      retry: false,
    })),
    combine: watchedOf,
  });
}

interface WatchedMetric {
  readonly name: string;
  /** Its means are shares of units. */
  readonly isRate: boolean;
}
export type WatchedMetrics = ReadonlyMap<string, WatchedMetric>;

function watchedOf(
  found: readonly {
    readonly data?: { readonly key: string; readonly name: string; readonly aggregation: string } | undefined;
  }[],
): WatchedMetrics {
  return new Map(
    found.flatMap(({ data }) =>
      data === undefined ? [] : [[data.key, { name: data.name, isRate: SHARES.has(data.aggregation) }] as const],
    ),
  );
}

/** What a rollout of a flag may move: its variations and the rules of this environment. */
export const targetQuery = (project: string, environment: string, flag: string) =>
  queryOptions({
    queryKey: ["rollouts", project, environment, "target", flag],
    queryFn: async ({ signal }) => {
      const path = { project, key: flag };
      const [definition, settings] = await Promise.all([
        read(controlPlane.GET("/api/v1/projects/{project}/flags/{key}", { params: { path }, signal })),
        read(
          controlPlane.GET("/api/v1/projects/{project}/flags/{key}/environments/{environment}", {
            params: { path: { ...path, environment } },
            signal,
          }),
        ),
      ]);
      return { definition, settings };
    },
    enabled: flag !== "",
  });

export function useRolloutWrites(project: string, environment: string) {
  const client = useQueryClient();
  const done = async <T>(writing: Promise<Written<T>>): Promise<Written<T>> => {
    try {
      return await writing;
    } finally {
      await client.invalidateQueries({ queryKey: ["rollouts", project] });
    }
  };
  const at = (key: string, reason?: string) => ({
    params: { path: { project, environment, key }, header: reasonHeader(reason) },
  });
  return {
    create: (body: RolloutCreate) =>
      done(write(controlPlane.POST(ALL, { params: { path: { project, environment } }, body }))),
    remove: (key: string) => done(write(controlPlane.DELETE(ONE, at(key)))),
    step: (key: string, step: Step, how: { readonly reason?: string; readonly takeOver?: boolean } = {}) => {
      const given = at(key, how.reason);
      if (step === "start") return done(write(controlPlane.POST(`${ONE}/start`, given)));
      if (step === "pause") return done(write(controlPlane.POST(`${ONE}/pause`, given)));
      if (step === "skip") return done(write(controlPlane.POST(`${ONE}/skip`, given)));
      if (step === "approve") return done(write(controlPlane.POST(`${ONE}/approve`, given)));
      if (step === "roll-back") return done(write(controlPlane.POST(`${ONE}/roll-back`, given)));
      if (step === "cancel") return done(write(controlPlane.POST(`${ONE}/cancel`, given)));
      return done(write(controlPlane.POST(`${ONE}/resume`, { ...given, body: { take_over: how.takeOver ?? false } })));
    },
    saveTemplate: (key: string, body: TemplateFields, version: number | null) =>
      done(
        write(
          controlPlane.PUT(`${TEMPLATES}/{key}`, {
            params: { path: { project, key }, header: version === null ? {} : { "If-Match": ifMatch(version) } },
            body,
          }),
        ),
      ),
    removeTemplate: (key: string, version: number) =>
      done(
        write(
          controlPlane.DELETE(`${TEMPLATES}/{key}`, {
            params: { path: { project, key }, header: { "If-Match": ifMatch(version) } },
          }),
        ),
      ),
  };
}

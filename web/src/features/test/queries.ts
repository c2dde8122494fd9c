/** What the test page asks for. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { controlPlane, read, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";

type Schemas = components["schemas"];
export type Explanation = Schemas["ExplanationView"];
export type FlagAnswer = Schemas["FlagExplanationView"];
export type Persona = Schemas["PersonaView"];

export interface Asked {
  readonly project: string;
  readonly environment: string;
  readonly flag: string;
  readonly context: Readonly<Record<string, unknown>>;
  /** RFC 3339; null is now. */
  readonly at: string | null;
  /** Settings that aren't saved, as a PATCH takes them. */
  readonly draft: Readonly<Record<string, unknown>> | null;
}

export const explanationQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["explanation", asked],
    queryFn: ({ signal }) => {
      const { project, environment, flag, context, at, draft } = asked;
      const body = { flag, context, ...(at === null ? {} : { at }), ...(draft === null ? {} : { draft }) };
      return read(
        controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/explain", {
          params: { path: { project, environment } },
          body,
          signal,
        }),
      );
    },
    retry: false,
    staleTime: 5_000,
  });

export const testedFlagQuery = (project: string, key: string) =>
  queryOptions({
    queryKey: ["flag", project, key, "tested"],
    queryFn: ({ signal }) =>
      read(controlPlane.GET("/api/v1/projects/{project}/flags/{key}", { params: { path: { project, key } }, signal })),
    retry: false,
    staleTime: 30_000,
  });

const PAGE = 200;

/** What a context gets from all flags and configs, page by page. */
export const allAnswersQuery = (asked: Omit<Asked, "flag" | "draft">) =>
  infiniteQueryOptions({
    queryKey: ["explanations", asked],
    queryFn: ({ signal, pageParam }) => {
      const { project, environment, context, at } = asked;
      return read(
        controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/explanations", {
          params: { path: { project, environment }, query: { limit: PAGE, cursor: pageParam } },
          body: at === null ? { context } : { context, at },
          signal,
        }),
      );
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    retry: false,
    staleTime: 5_000,
  });

export const personasQuery = (project: string) =>
  queryOptions({
    queryKey: ["personas", project],
    queryFn: ({ signal }) =>
      read(controlPlane.GET("/api/v1/projects/{project}/personas", { params: { path: { project } }, signal })),
    staleTime: 30_000,
  });

export const keepPersona = (project: string, key: string, name: string, context: Readonly<Record<string, unknown>>) =>
  write(
    controlPlane.PUT("/api/v1/projects/{project}/personas/{key}", {
      params: { path: { project, key } },
      body: { name, context: { ...context } },
    }),
  );

export const deletePersona = (project: string, key: string) =>
  write(controlPlane.DELETE("/api/v1/projects/{project}/personas/{key}", { params: { path: { project, key } } }));

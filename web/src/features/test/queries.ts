/** What the test page asks for. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
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

type AskedOfAll = Omit<Asked, "flag" | "draft">;

const answersOf = ({ project, environment, context, at }: AskedOfAll, cursor: string | null, signal: AbortSignal) =>
  read(
    controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/explanations", {
      params: { path: { project, environment }, query: { limit: PAGE, cursor } },
      body: at === null ? { context } : { context, at },
      signal,
    }),
  );

/** What a context gets from all flags and configs, page by page. */
export const allAnswersQuery = (asked: AskedOfAll) =>
  infiniteQueryOptions({
    queryKey: ["explanations", asked],
    queryFn: ({ signal, pageParam }) => answersOf(asked, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    retry: false,
    staleTime: 5_000,
  });

/** The same of another environment, as far as `pages` lead, by flag. */
export const answersBesideQuery = (asked: AskedOfAll, pages: number) =>
  queryOptions({
    queryKey: ["explanations", asked, pages],
    queryFn: async ({ signal }) => {
      const found = new Map<string, FlagAnswer>();
      let cursor: string | null = null;
      for (let page = 0; page < pages; page += 1) {
        const answer: Awaited<ReturnType<typeof answersOf>> = await answersOf(asked, cursor, signal);
        for (const each of answer.items) found.set(each.flag, each);
        cursor = answer.next_cursor;
        if (cursor === null) break;
      }
      return found;
    },
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 5_000,
  });

const PAGE_SIZE = 200;
const PAGES_MAX = 25;

/** Which flags and configs are archived: answers don't say it, and "it is off" alone reads as if somebody had switched them. */
export const archivedQuery = (project: string) =>
  queryOptions({
    queryKey: ["archived", project],
    queryFn: async ({ signal }): Promise<ReadonlySet<string>> => {
      const found = new Set<string>();
      for (const list of ["flags", "configs"] as const) {
        let cursor: string | undefined;
        for (let page = 0; page < PAGES_MAX; page += 1) {
          const query = { archived: "only" as const, limit: PAGE_SIZE, ...(cursor === undefined ? {} : { cursor }) };
          const answer = await read(
            controlPlane.GET(`/api/v1/projects/{project}/${list}`, { params: { path: { project }, query }, signal }),
          );
          for (const each of answer.items) found.add(each.key);
          if (answer.next_cursor === null || answer.next_cursor === undefined) break;
          cursor = answer.next_cursor;
        }
      }
      return found;
    },
    staleTime: 30_000,
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

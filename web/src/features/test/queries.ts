/** What the test page asks for. */

import { queryOptions } from "@tanstack/react-query";
import { controlPlane, read } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";

type Schemas = components["schemas"];
export type Explanation = Schemas["ExplanationView"];

export interface Asked {
  readonly project: string;
  readonly environment: string;
  readonly flag: string;
  readonly context: Readonly<Record<string, unknown>>;
  /** RFC 3339; null is now. */
  readonly at: string | null;
}

export const explanationQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["explanation", asked],
    queryFn: ({ signal }) => {
      const { project, environment, flag, context, at } = asked;
      return read(
        controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/explain", {
          params: { path: { project, environment } },
          body: at === null ? { flag, context } : { flag, context, at },
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

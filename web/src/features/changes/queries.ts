/** What the pages of change requests read and write. */

import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { controlPlane, read, type Written, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { usePaged } from "@/lib/paged";
import { bypassHeader, ifMatch, reasonHeader } from "@/lib/write-headers";

type Schemas = components["schemas"];
export type ChangeRequest = Schemas["ChangeRequestView"];
export type ChangeSummary = Schemas["ChangeRequestSummary"];
export type Comment = Schemas["CommentView"];
export type Edit = Schemas["EditView"];
export type EditIn = Schemas["EditIn"];
export type Approval = Schemas["ApprovalView"];
export type MeasuredImpact = Schemas["MeasuredImpactView"];
export type ChangeState = ChangeSummary["state"];

const ALL = "/api/v1/projects/{project}/change-requests" as const;
const ONE = "/api/v1/projects/{project}/change-requests/{number}" as const;
const POLL_MILLISECONDS = 5_000;

export interface ChangeFilter {
  readonly waitingForMe: boolean;
  readonly author: string | null;
  readonly state: ChangeState | null;
  readonly environment: string | null;
}

export function useChanges(project: string, filter: ChangeFilter) {
  return usePaged<ChangeSummary>({
    queryKey: ["changes", project, "list", filter],
    refetchInterval: POLL_MILLISECONDS,
    page: (cursor, signal) =>
      read(
        controlPlane.GET(ALL, {
          params: {
            path: { project },
            query: {
              limit: 50,
              ...(cursor === undefined ? {} : { cursor }),
              ...(filter.waitingForMe ? { waiting_for: "me" as const } : {}),
              ...(filter.author === null ? {} : { author: filter.author }),
              ...(filter.state === null ? {} : { state: filter.state }),
              ...(filter.environment === null ? {} : { environment: filter.environment }),
            },
          },
          signal,
        }),
      ),
  });
}

export const changeQuery = (project: string, number: number) =>
  queryOptions({
    queryKey: ["changes", project, "one", number],
    queryFn: ({ signal }) => read(controlPlane.GET(ONE, { params: { path: { project, number } }, signal })),
    refetchInterval: POLL_MILLISECONDS,
  });

const TOLD = ["flag", "flag_settings", "segment"] as const;

/** What stood when the edit was proposed, of entities whose rules and conditions are told in words; else null. */
export const proposedOnQuery = (project: string, edit: Pick<Edit, "entity" | "key" | "environment" | "base_version">) =>
  queryOptions({
    queryKey: ["changes", project, "proposed on", edit.entity, edit.key, edit.environment, edit.base_version],
    queryFn: async ({ signal }): Promise<Readonly<Record<string, unknown>> | null> => {
      const kind = TOLD.find((each) => each === edit.entity);
      if (kind === undefined || edit.base_version === null) return null;
      const { document } = await read(
        controlPlane.GET("/api/v1/projects/{project}/history/{kind}/{key}/versions/{version}", {
          params: {
            path: { project, kind, key: edit.key, version: edit.base_version },
            query: edit.environment === null ? {} : { environment: edit.environment },
          },
          signal,
        }),
      );
      return document;
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

export function useComments(project: string, number: number) {
  return usePaged<Comment>({
    queryKey: ["changes", project, "comments", number],
    refetchInterval: POLL_MILLISECONDS,
    page: (cursor, signal) =>
      read(
        controlPlane.GET(`${ONE}/comments`, {
          params: { path: { project, number }, query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
  });
}

/** What is done with one request. Each answers it as it is then, and refreshes what shows it. */
export function useChangeActions(project: string, number: number) {
  const client = useQueryClient();
  const path = { project, number };
  const done = async <T>(writing: Promise<Written<T>>): Promise<Written<T>> => {
    try {
      return await writing;
    } finally {
      await client.invalidateQueries({ queryKey: ["changes", project] });
    }
  };
  return {
    review: (verdict: "approve" | "reject", comment: string, version: number) =>
      done(
        write(
          controlPlane.POST(`${ONE}/reviews`, {
            params: { path, header: { "If-Match": ifMatch(version) } },
            body: { verdict, ...(comment.trim() === "" ? {} : { comment: comment.trim() }) },
          }),
        ),
      ),
    /** Through as soon as it is saved: the list shows it when it has been asked again. */
    comment: async (text: string) => {
      try {
        return await write(controlPlane.POST(`${ONE}/comments`, { params: { path }, body: { text } }));
      } finally {
        void client.invalidateQueries({ queryKey: ["changes", project] });
      }
    },
    measure: () => done(write(controlPlane.POST(`${ONE}/impact`, { params: { path } }))),
    apply: (version: number, how: { readonly reason: string; readonly bypass: boolean }) =>
      done(
        write(
          controlPlane.POST(`${ONE}/apply`, {
            params: {
              path,
              header: { "If-Match": ifMatch(version), ...reasonHeader(how.reason), ...bypassHeader(how.bypass) },
            },
          }),
        ),
      ),
    schedule: (at: string, version: number, reason: string) =>
      done(
        write(
          controlPlane.PUT(`${ONE}/schedule`, {
            params: { path, header: { "If-Match": ifMatch(version), ...reasonHeader(reason) } },
            body: { at },
          }),
        ),
      ),
    unschedule: (version: number) =>
      done(
        write(controlPlane.DELETE(`${ONE}/schedule`, { params: { path, header: { "If-Match": ifMatch(version) } } })),
      ),
    withdraw: (version: number) =>
      done(write(controlPlane.POST(`${ONE}/withdraw`, { params: { path, header: { "If-Match": ifMatch(version) } } }))),
    rewrite: (version: number, body: Schemas["ChangeRequestPatch"]) =>
      done(write(controlPlane.PATCH(ONE, { params: { path, header: { "If-Match": ifMatch(version) } }, body }))),
  };
}

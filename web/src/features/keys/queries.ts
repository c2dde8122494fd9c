/** SDK keys of an environment, and tokens of programs. */

import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { analytics, controlPlane, read, type Written, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { usePaged } from "@/lib/paged";
import { reasonHeader } from "@/lib/write-headers";

type Schemas = components["schemas"];
export type SdkKey = Schemas["SdkKeyView"];
export type NewSdkKey = Schemas["NewSdkKeyView"];
export type SdkKeyCreate = Schemas["SdkKeyCreate"];
export type Token = Schemas["ApiTokenView"];
export type NewToken = Schemas["NewApiTokenView"];
export type TokenCreate = Schemas["ApiTokenCreate"];

const KEYS = "/api/v1/projects/{project}/environments/{environment}/sdk-keys" as const;
const TOKENS = "/api/v1/organizations/{organization}/tokens" as const;

export function useSdkKeys(project: string, environment: string) {
  return usePaged<SdkKey>({
    queryKey: ["keys", project, environment],
    page: (cursor, signal) =>
      read(
        controlPlane.GET(KEYS, {
          params: {
            path: { project, environment },
            query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) },
          },
          signal,
        }),
      ),
  });
}

const USES_EVERY = 60_000;

/** When something arrived under each key last. Analytics knows; edges tell it by the minute. */
export const keyUsesQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["keys", project, environment, "uses"],
    queryFn: async ({ signal }) => {
      const told = await read(
        analytics.GET("/v1/usage/sdks", { params: { query: { project, environment, hours: 1 } }, signal }),
      );
      return new Map(told.keys.map((each) => [each.id, each.last_used_at]));
    },
    refetchInterval: USES_EVERY,
    retry: 1,
  });

export type Right = Schemas["Right"];

/** The closed list of what may be done. */
export const rightsQuery = queryOptions({
  queryKey: ["rights"],
  queryFn: ({ signal }) => read(controlPlane.GET("/api/v1/rights", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export function useTokens(organization: string) {
  return usePaged<Token>({
    queryKey: ["tokens", organization],
    page: (cursor, signal) =>
      read(
        controlPlane.GET(TOKENS, {
          params: { path: { organization }, query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
  });
}

/** What they answer holds a secret: it goes to the dialog that shows it once, never into the cache. */
export function useKeyWrites(project: string, environment: string) {
  const client = useQueryClient();
  const path = { project, environment };
  const done = async <T>(writing: Promise<Written<T>>): Promise<Written<T>> => {
    try {
      return await writing;
    } finally {
      await client.invalidateQueries({ queryKey: ["keys", project, environment] });
    }
  };
  return {
    create: (body: SdkKeyCreate, reason: string) =>
      done(write(controlPlane.POST(KEYS, { params: { path, header: reasonHeader(reason) }, body }))),
    rotate: (key: string, overlap_seconds: number, reason: string) =>
      done(
        write(
          controlPlane.POST(`${KEYS}/{sdk_key}/rotate`, {
            params: { path: { ...path, sdk_key: key }, header: reasonHeader(reason) },
            body: { overlap_seconds },
          }),
        ),
      ),
    revoke: (key: string, reason: string) =>
      done(
        write(
          controlPlane.DELETE(`${KEYS}/{sdk_key}`, {
            params: { path: { ...path, sdk_key: key }, header: reasonHeader(reason) },
          }),
        ),
      ),
  };
}

export function useTokenWrites(organization: string) {
  const client = useQueryClient();
  const done = async <T>(writing: Promise<Written<T>>): Promise<Written<T>> => {
    try {
      return await writing;
    } finally {
      await client.invalidateQueries({ queryKey: ["tokens", organization] });
    }
  };
  return {
    create: (body: TokenCreate) => done(write(controlPlane.POST(TOKENS, { params: { path: { organization } }, body }))),
    revoke: (token: string) =>
      done(write(controlPlane.DELETE(`${TOKENS}/{token}`, { params: { path: { organization, token } } }))),
  };
}

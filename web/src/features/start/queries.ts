/** What the first run reads and makes. */

import { queryOptions } from "@tanstack/react-query";
import { analytics, controlPlane, read, type Written, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { given } from "@/lib/url";
import { ifMatch } from "@/lib/write-headers";

export { environmentsQuery, meQuery as personQuery, projectQuery } from "@/api/shared-queries";

type Schemas = components["schemas"];
export type Person = Schemas["MeView"];
export type Project = Schemas["ProjectView"];
export type Environment = Schemas["EnvironmentView"];
export type Flag = Schemas["FlagView"];
export type Session = Schemas["SessionView"];

const PAGE = 200;

/** Flags to write a first program for: the newest ones. */
export const flagsQuery = (project: string) =>
  queryOptions({
    queryKey: ["start", project, "flags"],
    queryFn: async ({ signal }) => {
      const page = await read(
        controlPlane.GET("/api/v1/projects/{project}/flags", {
          params: { path: { project }, query: { limit: 50, sort: "-created_at" } },
          signal,
        }),
      );
      return page.items;
    },
  });

const LISTEN_MILLISECONDS = 2000;

/** Which SDKs asked, when last; read again and again while somebody waits for the first evaluation. */
export const callersQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["start", project, environment, "sdks"],
    queryFn: ({ signal }) =>
      read(analytics.GET("/v1/usage/sdks", { params: { query: { project, environment, hours: 1 } }, signal })),
    refetchInterval: LISTEN_MILLISECONDS,
  });

export const sessionsQuery = queryOptions({
  queryKey: ["me", "sessions"],
  queryFn: ({ signal }) => read(controlPlane.GET("/api/v1/me/sessions", { signal })),
});

export type OwnToken = Schemas["ApiTokenView"];
export type NewOwnToken = Schemas["NewApiTokenView"];
export type OwnTokenCreate = Schemas["OwnTokenCreate"];

const OWN_TOKENS = "/api/v1/organizations/{organization}/own-tokens" as const;

export const ownTokensQuery = (organization: string) =>
  queryOptions({
    queryKey: ["me", "tokens", organization],
    queryFn: async ({ signal }) => {
      const found: OwnToken[] = [];
      let cursor: string | undefined;
      // The newest come last, behind all that have ended.
      do {
        const query = { limit: PAGE, ...given({ cursor }) };
        const page = await read(controlPlane.GET(OWN_TOKENS, { params: { path: { organization }, query }, signal }));
        found.push(...page.items);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
      return found;
    },
  });

/** The token itself is in this answer alone; it goes into no cache. */
export function createOwnToken(organization: string, body: OwnTokenCreate): Promise<Written<NewOwnToken>> {
  return write(controlPlane.POST(OWN_TOKENS, { params: { path: { organization } }, body }));
}

export function revokeOwnToken(organization: string, token: string): Promise<Written<OwnToken>> {
  return write(controlPlane.DELETE(`${OWN_TOKENS}/{token}`, { params: { path: { organization, token } } }));
}

export function createOrganization(key: string, name: string): Promise<Written<Schemas["OrganizationView"]>> {
  return write(controlPlane.POST("/api/v1/organizations", { body: { key, name } }));
}

export function createProject(organization: string, key: string, name: string): Promise<Written<Project>> {
  return write(
    controlPlane.POST("/api/v1/organizations/{organization}/projects", {
      params: { path: { organization } },
      body: { key, name },
    }),
  );
}

export interface NewEnvironment {
  readonly key: string;
  readonly name: string;
  readonly protected: boolean;
}

/** One after the other: their order is their position. */
export async function createEnvironments(project: string, environments: readonly NewEnvironment[]): Promise<void> {
  for (const each of environments) {
    await write(
      controlPlane.POST("/api/v1/projects/{project}/environments", {
        params: { path: { project } },
        body: { ...each },
      }),
    );
  }
}

/** A boolean flag, visible to pages, that is on for everybody in one environment and reported when it is asked for. */
export async function createFlag(project: string, key: string, name: string, environment: string): Promise<Flag> {
  const created = await write(
    controlPlane.POST("/api/v1/projects/{project}/flags", {
      params: { path: { project } },
      body: {
        key,
        ...given({ name: name === "" ? undefined : name }),
        type: "boolean",
        variations: [
          { key: "on", value: true },
          { key: "off", value: false },
        ],
        off_variation: "off",
        default: { variation: "on" },
        client_visible: true,
      },
    }),
  );
  const settings = "/api/v1/projects/{project}/flags/{key}/environments/{environment}";
  const path = { project, key, environment };
  const before = await read(controlPlane.GET(settings, { params: { path } }));
  await write(
    controlPlane.PATCH(settings, {
      params: { path, header: { "If-Match": ifMatch(before.version) } },
      body: { enabled: true, report_exposures: true },
    }),
  );
  return created.data;
}

/** The key itself is in this answer alone; it goes into no cache. */
export async function createKey(
  project: string,
  environment: string,
  kind: "server" | "client",
  name: string,
): Promise<string> {
  const made = await write(
    controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/sdk-keys", {
      params: { path: { project, environment } },
      body: { kind, name },
    }),
  );
  return made.data.key;
}

export function changePassword(current: string, next: string): Promise<unknown> {
  return write(controlPlane.PUT("/api/v1/me/password", { body: { current_password: current, new_password: next } }));
}

export function endSession(session: string): Promise<unknown> {
  return write(controlPlane.DELETE("/api/v1/me/sessions/{session}", { params: { path: { session } } }));
}

export function endOtherSessions(): Promise<unknown> {
  return write(controlPlane.DELETE("/api/v1/me/sessions", { params: { query: { keep_current: true } } }));
}

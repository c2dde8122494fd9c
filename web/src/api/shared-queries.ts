/** What nearly every page needs, read once and shared. */

import { queryOptions } from "@tanstack/react-query";
import { controlPlane, read } from "./clients";
import type { components } from "./generated/control-plane";

type Schemas = components["schemas"];
export type Person = Schemas["MeView"];
export type Organization = Schemas["OrganizationRole"];
export type Project = Schemas["ProjectView"];
export type Environment = Schemas["EnvironmentView"];
export type Permissions = Schemas["PermissionsView"];
export type Right = Schemas["Right"];

const MINUTE = 60_000;
const PAGE = 200;

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => read(controlPlane.GET("/api/v1/me", { signal })),
  staleTime: MINUTE,
});

export const projectQuery = (project: string) =>
  queryOptions({
    queryKey: ["project", project],
    queryFn: ({ signal }) =>
      read(controlPlane.GET("/api/v1/projects/{project}", { params: { path: { project } }, signal })),
    staleTime: MINUTE,
  });

export const environmentsQuery = (project: string) =>
  queryOptions({
    queryKey: ["project", project, "environments"],
    queryFn: async ({ signal }) => {
      const page = await read(
        controlPlane.GET("/api/v1/projects/{project}/environments", {
          params: { path: { project }, query: { limit: PAGE } },
          signal,
        }),
      );
      return page.items.toSorted((one, other) => one.position - other.position);
    },
    staleTime: MINUTE,
  });

export const permissionsQuery = (project: string) =>
  queryOptions({
    queryKey: ["project", project, "permissions"],
    queryFn: ({ signal }) =>
      read(controlPlane.GET("/api/v1/me/permissions", { params: { query: { project } }, signal })),
    staleTime: MINUTE,
  });

/** The projects of all organizations of this person. */
export const projectsQuery = (organizations: readonly Organization[]) =>
  queryOptions({
    queryKey: ["projects", organizations.map((each) => each.id)],
    queryFn: async ({ signal }) => {
      const pages = await Promise.all(
        organizations.map((each) =>
          read(
            controlPlane.GET("/api/v1/organizations/{organization}/projects", {
              params: { path: { organization: each.id }, query: { limit: PAGE } },
              signal,
            }),
          ),
        ),
      );
      return pages.flatMap((page) => page.items);
    },
    staleTime: MINUTE,
  });

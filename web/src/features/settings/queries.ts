/** The project, its environments and how their changes are agreed on, what is used of what there may be. */

import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { controlPlane, read, type Written, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { ifMatch } from "@/lib/write-headers";

export { projectQuery } from "@/api/shared-queries";

type Schemas = components["schemas"];
export type Environment = Schemas["EnvironmentView"];
export type EnvironmentPatch = Schemas["EnvironmentPatch"];
export type EnvironmentCreate = Schemas["EnvironmentCreate"];
export type Policy = Schemas["PolicyView"];
export type PolicyIn = Schemas["PolicyIn"];
export type PolicyRule = Schemas["PolicyRuleFields"];
export type Quota = Schemas["QuotaView"];
export type Project = Schemas["ProjectView"];
export type Right = Schemas["Right"];

const PROJECT = "/api/v1/projects/{project}" as const;
const ENVIRONMENT = `${PROJECT}/environments/{environment}` as const;

export const policyQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["settings", project, "policy", environment],
    queryFn: ({ signal }) =>
      read(controlPlane.GET(`${ENVIRONMENT}/approval-policy`, { params: { path: { project, environment } }, signal })),
  });

/** Archived ones too, which the rest of the UI leaves out. */
export const allEnvironmentsQuery = (project: string) =>
  queryOptions({
    queryKey: ["project", project, "environments", "all"],
    queryFn: async ({ signal }) =>
      (
        await read(
          controlPlane.GET(`${PROJECT}/environments`, {
            params: { path: { project }, query: { archived: true, limit: 200 } },
            signal,
          }),
        )
      ).items,
  });

export const quotasQuery = (project: string, organization: string) =>
  queryOptions({
    queryKey: ["settings", project, "quotas"],
    queryFn: async ({ signal }) => {
      const [ofProject, ofOrganization] = await Promise.all([
        read(controlPlane.GET(`${PROJECT}/quotas`, { params: { path: { project } }, signal })),
        read(
          controlPlane.GET("/api/v1/organizations/{organization}/quotas", {
            params: { path: { organization } },
            signal,
          }),
        ),
      ]);
      return { project: ofProject.items, organization: ofOrganization.items };
    },
  });

export const rightsQuery = queryOptions({
  queryKey: ["rights"],
  queryFn: ({ signal }) => read(controlPlane.GET("/api/v1/rights", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export function useSettingsWrites(project: string) {
  const client = useQueryClient();
  const done = async <T>(writing: Promise<Written<T>>): Promise<Written<T>> => {
    try {
      return await writing;
    } finally {
      await Promise.all([
        client.invalidateQueries({ queryKey: ["project", project] }),
        client.invalidateQueries({ queryKey: ["settings", project] }),
        client.invalidateQueries({ queryKey: ["projects"] }),
      ]);
    }
  };
  const at = (environment: Environment) => ({
    params: { path: { project, environment: environment.key }, header: { "If-Match": ifMatch(environment.version) } },
  });
  return {
    /** Another write of theirs, such as an undo. */
    around: done,
    createEnvironment: (body: EnvironmentCreate) =>
      done(write(controlPlane.POST(`${PROJECT}/environments`, { params: { path: { project } }, body }))),
    changeEnvironment: (environment: Environment, body: EnvironmentPatch) =>
      done(write(controlPlane.PATCH(ENVIRONMENT, { ...at(environment), body }))),
    archiveEnvironment: (environment: Environment) =>
      done(write(controlPlane.POST(`${ENVIRONMENT}/archive`, at(environment)))),
    restoreEnvironment: (environment: Environment) =>
      done(write(controlPlane.POST(`${ENVIRONMENT}/restore`, at(environment)))),
    savePolicy: (policy: Policy, body: PolicyIn) =>
      done(
        write(
          controlPlane.PUT(`${ENVIRONMENT}/approval-policy`, {
            params: {
              path: { project, environment: policy.environment },
              header: { "If-Match": ifMatch(policy.version) },
            },
            body,
          }),
        ),
      ),
    changeProject: (found: Project, body: Schemas["ProjectPatch"]) =>
      done(
        write(
          controlPlane.PATCH(PROJECT, {
            params: { path: { project }, header: { "If-Match": ifMatch(found.version) } },
            body,
          }),
        ),
      ),
    archiveProject: (found: Project) =>
      done(
        write(
          controlPlane.POST(`${PROJECT}/archive`, {
            params: { path: { project }, header: { "If-Match": ifMatch(found.version) } },
          }),
        ),
      ),
    restoreProject: (found: Project) =>
      done(
        write(
          controlPlane.POST(`${PROJECT}/restore`, {
            params: { path: { project }, header: { "If-Match": ifMatch(found.version) } },
          }),
        ),
      ),
  };
}

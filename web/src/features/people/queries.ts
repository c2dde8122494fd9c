/** Members, invitations, roles, groups and how they sign in. */

import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { controlPlane, read, type Written, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { usePaged } from "@/lib/paged";
import { ifMatch } from "@/lib/write-headers";

type Schemas = components["schemas"];
export type Member = Schemas["MemberView"];
export type Invitation = Schemas["InvitationView"];
export type NewInvitation = Schemas["NewInvitationView"];
export type Role = Schemas["RoleView"];
export type Right = Schemas["Right"];
export type Group = Schemas["GroupView"];
export type MemberPermissions = Schemas["MemberPermissionsView"];
export type HeldRole = Schemas["HeldRoleView"];

const AT = "/api/v1/organizations/{organization}" as const;
const LIMIT = 200;

export function useMembers(organization: string) {
  return usePaged<Member>({
    queryKey: ["people", organization, "members"],
    page: (cursor, signal) =>
      read(
        controlPlane.GET(`${AT}/members`, {
          params: { path: { organization }, query: { limit: LIMIT, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
  });
}

/** What somebody may do in a project, and which of their roles gives it. */
export const memberPermissionsQuery = (organization: string, user: string, project: string) =>
  queryOptions({
    queryKey: ["people", organization, "permissions", user, project],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET(`${AT}/members/{user}/permissions`, {
          params: { path: { organization, user }, query: { project } },
          signal,
        }),
      ),
  });

export const invitationsQuery = (organization: string) =>
  queryOptions({
    queryKey: ["people", organization, "invitations"],
    queryFn: async ({ signal }) =>
      (
        await read(
          controlPlane.GET(`${AT}/invitations`, {
            params: { path: { organization }, query: { limit: LIMIT } },
            signal,
          }),
        )
      ).items,
  });

export const rolesQuery = (organization: string) =>
  queryOptions({
    queryKey: ["people", organization, "roles"],
    queryFn: async ({ signal }) =>
      (
        await read(
          controlPlane.GET(`${AT}/roles`, { params: { path: { organization }, query: { limit: LIMIT } }, signal }),
        )
      ).items,
  });

export const rightsQuery = queryOptions({
  queryKey: ["rights"],
  queryFn: ({ signal }) => read(controlPlane.GET("/api/v1/rights", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const groupsQuery = (organization: string) =>
  queryOptions({
    queryKey: ["people", organization, "groups"],
    queryFn: async ({ signal }) =>
      (
        await read(
          controlPlane.GET(`${AT}/groups`, { params: { path: { organization }, query: { limit: LIMIT } }, signal }),
        )
      ).items,
  });

export const groupMembersQuery = (organization: string, group: string) =>
  queryOptions({
    queryKey: ["people", organization, "group", group],
    queryFn: async ({ signal }) =>
      (
        await read(
          controlPlane.GET(`${AT}/groups/{group}/members`, {
            params: { path: { organization, group }, query: { limit: LIMIT } },
            signal,
          }),
        )
      ).items,
  });

/** Everything in `people` is read anew after each: one role changes what many see. */
export function usePeopleWrites(organization: string) {
  const client = useQueryClient();
  const done = async <T>(writing: Promise<Written<T>>): Promise<Written<T>> => {
    try {
      return await writing;
    } finally {
      await Promise.all([
        client.invalidateQueries({ queryKey: ["people", organization] }),
        // It may have been one's own right, and those who can give one may be others now.
        client.invalidateQueries({ queryKey: ["granters", organization] }),
        client.invalidateQueries({
          predicate: ({ queryKey: [of, , what] }) => of === "project" && what === "permissions",
        }),
      ]);
    }
  };
  const at = { organization };
  return {
    invite: (body: Schemas["InvitationCreate"]) =>
      done(write(controlPlane.POST(`${AT}/invitations`, { params: { path: at }, body }))),
    uninvite: (invitation: string) =>
      done(write(controlPlane.DELETE(`${AT}/invitations/{invitation}`, { params: { path: { ...at, invitation } } }))),
    changeRole: (member: Member, role: string | null) =>
      done(
        write(
          controlPlane.PATCH(`${AT}/members/{user}`, {
            params: { path: { ...at, user: member.id }, header: { "If-Match": ifMatch(member.version) } },
            body: { role },
          }),
        ),
      ),
    remove: (user: string) =>
      done(write(controlPlane.DELETE(`${AT}/members/{user}`, { params: { path: { ...at, user } } }))),
    resetPassword: (user: string) =>
      done(write(controlPlane.POST(`${AT}/members/{user}/password-reset`, { params: { path: { ...at, user } } }))),
    bind: (body: Schemas["BindingCreate"]) =>
      done(write(controlPlane.POST(`${AT}/bindings`, { params: { path: at }, body }))),
    unbind: (binding: string) =>
      done(write(controlPlane.DELETE(`${AT}/bindings/{binding}`, { params: { path: { ...at, binding } } }))),
    createRole: (body: Schemas["RoleCreate"]) =>
      done(write(controlPlane.POST(`${AT}/roles`, { params: { path: at }, body }))),
    changeRoleRights: (role: Role, body: Schemas["RolePatch"]) =>
      done(
        write(
          controlPlane.PATCH(`${AT}/roles/{role}`, {
            params: { path: { ...at, role: role.key }, header: { "If-Match": ifMatch(role.version) } },
            body,
          }),
        ),
      ),
    removeRole: (role: string) =>
      done(write(controlPlane.DELETE(`${AT}/roles/{role}`, { params: { path: { ...at, role } } }))),
    createGroup: (body: Schemas["GroupCreate"]) =>
      done(write(controlPlane.POST(`${AT}/groups`, { params: { path: at }, body }))),
    removeGroup: (group: string) =>
      done(write(controlPlane.DELETE(`${AT}/groups/{group}`, { params: { path: { ...at, group } } }))),
    join: (group: string, user: string) =>
      done(
        write(controlPlane.PUT(`${AT}/groups/{group}/members/{user}`, { params: { path: { ...at, group, user } } })),
      ),
    leave: (group: string, user: string) =>
      done(
        write(controlPlane.DELETE(`${AT}/groups/{group}/members/{user}`, { params: { path: { ...at, group, user } } })),
      ),
  };
}

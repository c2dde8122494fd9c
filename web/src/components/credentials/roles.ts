/** What a token may be: the roles in their order, each with all that the one before it may. */

export const ROLES: readonly string[] = ["viewer", "analyst", "developer", "administrator", "owner"];

/** Those that give no more than one has oneself. Of a role that isn't in the order the API decides. */
export function rolesUpTo(role: string | null): readonly string[] {
  const place = role === null ? -1 : ROLES.indexOf(role);
  if (place >= 0) return ROLES.slice(0, place + 1);
  return role === null ? ROLES : [...ROLES, role];
}

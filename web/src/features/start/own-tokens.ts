/** Tokens that somebody has made for themselves: which come first, and what they may be. */

const ROLES: readonly string[] = ["viewer", "analyst", "developer", "administrator", "owner"];
export const DAY = 86_400_000;

export const LIFETIMES = [
  { value: "7", label: "In a week" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
] as const;

/** Those that give no more than one has oneself. Of a role that isn't in the order the API decides. */
export function rolesUpTo(role: string | null): readonly string[] {
  const place = role === null ? -1 : ROLES.indexOf(role);
  if (place >= 0) return ROLES.slice(0, place + 1);
  return role === null ? ROLES : [...ROLES, role];
}

interface Ending {
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

export const inForce = (token: Ending, now: number): boolean =>
  token.revoked_at === null && (token.expires_at === null || Date.parse(token.expires_at) > now);

/** Those in force, the newest first; what is over is told in the organization's list. */
export function shown<Row extends Ending & { readonly created_at: string }>(rows: readonly Row[], now: number): Row[] {
  return rows
    .filter((each) => inForce(each, now))
    .toSorted((one, other) => other.created_at.localeCompare(one.created_at));
}

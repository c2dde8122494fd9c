/** Whether a key or token is in force, until when, and how one is told from others. */

export type Standing = "in force" | "ends" | "ended" | "revoked";

interface Ending {
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

export function standing({ expires_at, revoked_at }: Ending, now: number): Standing {
  if (revoked_at !== null) return "revoked";
  if (expires_at === null) return "in force";
  return Date.parse(expires_at) <= now ? "ended" : "ends";
}

export const inForce = (row: Ending, now: number): boolean => ["in force", "ends"].includes(standing(row, now));

/** Those in force first, the newest first among equals. */
export function inOrder<Row extends Ending & { readonly created_at: string }>(
  rows: readonly Row[],
  now: number,
): readonly Row[] {
  const rank = (row: Row) => (inForce(row, now) ? 0 : 1);
  return rows.toSorted((one, other) => rank(one) - rank(other) || other.created_at.localeCompare(one.created_at));
}

/** Names one among keys of the same name, as a key and its successor are: "Backend, ending in 9Y0A". */
export const entitled = ({ name, hint }: { readonly name: string; readonly hint: string }): string =>
  `${name}, ending in ${hint}`;

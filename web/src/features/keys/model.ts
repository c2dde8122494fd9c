/** Whether a key or token is in force, and until when. */

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

/** Names one among keys of the same name, as a key and its successor are: "Backend, ending in 9Y0A". */
export const entitled = ({ name, hint }: { readonly name: string; readonly hint: string }): string =>
  `${name}, ending in ${hint}`;

/** Those in force first, the newest first among equals. */
export function inOrder<Row extends Ending & { readonly created_at: string }>(
  rows: readonly Row[],
  now: number,
): readonly Row[] {
  const rank = (row: Row) => (["in force", "ends"].includes(standing(row, now)) ? 0 : 1);
  return rows.toSorted((one, other) => rank(one) - rank(other) || other.created_at.localeCompare(one.created_at));
}

export const OVERLAPS = [
  { value: "0", label: "At once: the old key stops working now" },
  { value: "3600", label: "In an hour" },
  { value: "86400", label: "In a day" },
  { value: "604800", label: "In a week" },
] as const;

export const LIFETIMES = [
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: "never", label: "Never" },
] as const;

/** The moment so many days from now, or null for never. */
export const endOf = (days: string, now: number): string | null =>
  days === "never" ? null : new Date(now + Number(days) * 86_400_000).toISOString();

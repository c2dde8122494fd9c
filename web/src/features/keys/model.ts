/** Whether a key or token is in force, until when, and whether anything uses it. */

import { relativeTime } from "@/lib/format";

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

export type Use = { readonly known: false } | { readonly known: true; readonly at: string | null };

/** `uses` absent: nobody could be asked. A key that they don't have has never been used. */
export function lastUse(key: string, uses: ReadonlyMap<string, string | null> | undefined): Use {
  return uses === undefined ? { known: false } : { known: true, at: uses.get(key) ?? null };
}

const DAY = 86_400_000;

/** What revoking a key does, by its last use. */
export function revokeWords(use: Use, now: number): string {
  if (!use.known) return "Whether anything still uses it is not known at the moment.";
  if (use.at === null) return "Nothing has ever arrived under it, as of a minute ago.";
  const old = now - Date.parse(use.at) > 30 * DAY;
  return `${old ? "Nothing has arrived under it for a while: last" : "Something still uses it: last"} ${relativeTime(use.at, now)}.`;
}

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

/** Whether anything uses a key, and what ending it does. */

import { relativeTime } from "@/lib/format";

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

export const OVERLAPS = [
  { value: "0", label: "At once: the old key stops working now" },
  { value: "3600", label: "In an hour" },
  { value: "86400", label: "In a day" },
  { value: "604800", label: "In a week" },
] as const;

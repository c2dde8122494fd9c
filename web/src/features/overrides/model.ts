/** Overrides in words: how long they last, and all that is special about one unit. */

export const DAYS_CHOICES = [1, 7, 14, 30, 90] as const;
export const DAYS_DEFAULT = 7;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export function expiryAfter(days: number, now: Date): string {
  return new Date(now.getTime() + days * DAY).toISOString();
}

/** "6 days left", "3 hours left", "expired 2 days ago". */
export function timeLeft(expiresAt: string | null, now: Date): string {
  if (expiresAt === null) return "no end";
  const left = new Date(expiresAt).getTime() - now.getTime();
  const told = spanWords(Math.abs(left));
  return left > 0 ? `${told} left` : `expired ${told} ago`;
}

function spanWords(milliseconds: number): string {
  if (milliseconds >= 2 * DAY) return `${Math.floor(milliseconds / DAY)} days`;
  if (milliseconds >= 2 * HOUR) return `${Math.floor(milliseconds / HOUR)} hours`;
  const minutes = Math.max(1, Math.floor(milliseconds / 60_000));
  return `${minutes} ${minutes === 1 ? "minute" : "minutes"}`;
}

export interface UnitTold {
  overrides: readonly { state: string }[];
  targets: readonly { state: string }[];
  segments: readonly unknown[];
  truncated: boolean;
}

/** One sentence over the page of a unit. */
export function unitWords(unit: string, told: UnitTold): string {
  const active = (rows: readonly { state: string }[]) => rows.filter((each) => each.state === "active").length;
  const parts = [
    counted(active(told.overrides), "override"),
    counted(active(told.targets), "individual target"),
    told.segments.length > 0 ? `a place in ${counted(told.segments.length, "segment list")}` : "",
  ].filter((each) => each !== "");
  if (parts.length === 0) return `Nothing is special about ${unit} here: it gets what rules and experiments give.`;
  const [last, ...rest] = [...parts].reverse();
  return `${unit} has ${rest.length > 0 ? `${rest.reverse().join(", ")} and ${last}` : last}.`;
}

function counted(count: number, noun: string): string {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The override that a new one of this flag takes the place of; null: there is none that still holds. */
export function replacedBy<T extends { readonly flag: string; readonly state: string }>(
  overrides: readonly T[],
  flag: string,
): T | null {
  return overrides.find((each) => each.flag === flag && each.state === "active") ?? null;
}

/** How long keys and tokens are good for. */

const DAY = 86_400_000;

export interface Lifetime {
  readonly value: string;
  readonly label: string;
}

export const LIFETIMES: readonly Lifetime[] = [
  { value: "7", label: "In a week" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
];

export const LIFETIMES_OR_NEVER: readonly Lifetime[] = [...LIFETIMES, { value: "never", label: "Never" }];

/** The moment so many days from now. */
export const endIn = (days: string, now: number): string => new Date(now + Number(days) * DAY).toISOString();

export const endOf = (lifetime: string, now: number): string | null =>
  lifetime === "never" ? null : endIn(lifetime, now);

/** How far flags have come, in words. */

export const LIFECYCLES = ["new", "live", "launched", "stale", "overdue", "archived_in_use", "unknown"] as const;
export type Lifecycle = (typeof LIFECYCLES)[number] | "archived";

const WORDS: Record<Lifecycle, string> = {
  new: "new",
  live: "live",
  launched: "same for all",
  stale: "stale",
  overdue: "overdue",
  archived: "archived",
  archived_in_use: "archived, still asked for",
  unknown: "not known",
};

export const lifecycleWords = (state: Lifecycle): string => WORDS[state];

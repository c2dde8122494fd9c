/** Flags that somebody may clean up, as a name and what is known of it. */

import type { components } from "@/api/generated/control-plane";

export type Standing = components["schemas"]["FlagStandingView"];

export interface Leftover {
  readonly flag: string;
  readonly name: string;
  /** Why, by the service: "nobody asked for it since 1 October". */
  readonly why: string;
}

/** Stale ones before launched ones, each with what is known of it in the environment. */
export function leftovers(found: readonly Standing[], environment: string, states: readonly string[]): Leftover[] {
  return states.flatMap((state) =>
    found.flatMap((each) => {
      const there = each.environments.find((one) => one.environment === environment);
      return there?.state === state ? [{ flag: each.flag, name: each.name || each.flag, why: there.detail }] : [];
    }),
  );
}

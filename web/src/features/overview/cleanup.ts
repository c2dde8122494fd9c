/** Flags that somebody may clean up, as a name and what is known of it. */

import type { components } from "@/api/generated/control-plane";

export type Standing = components["schemas"]["FlagStandingView"];

/** What may go: what nobody asks for any more, then what gives everybody the same. */
export const STATES = ["stale", "launched"] as const;
export type State = (typeof STATES)[number];

export interface Leftover {
  readonly flag: string;
  readonly name: string;
  readonly state: State;
  /** Why, by the service: "nobody asked for it since 1 October". */
  readonly why: string;
}

/** In the order of their states, each with what is known of it in the environment. */
export function leftovers(found: readonly Standing[], environment: string): Leftover[] {
  return STATES.flatMap((state) =>
    found.flatMap(({ flag, name, environments }) => {
      const there = environments.find((one) => one.environment === environment && one.state === state);
      return there === undefined ? [] : [{ flag, name: name || flag, state, why: there.detail }];
    }),
  );
}

/** Where experiments stand: one call for the figures of all. */

import { useQuery } from "@tanstack/react-query";
import { analytics, read } from "@/api/clients";
import type { components } from "@/api/generated/analytics";
import { given } from "@/lib/url";

type Schemas = components["schemas"];
export type Standing = Schemas["StandingDocument"];

const PAGE = 200;
const PAGES_MAX = 5;
const WAITING = 3_000;
const CURRENT = 30_000;

/** By key. What still waits to be computed is asked for again soon. */
export function useStandings(project: string, environment: string) {
  return useQuery({
    queryKey: ["standings", project, environment],
    queryFn: async ({ signal }) => {
      const found: Standing[] = [];
      let complete = true;
      let cursor: string | null = null;
      for (let page = 0; page < PAGES_MAX; page++) {
        const answer: Schemas["StandingPage"] = await read(
          analytics.GET("/v1/experiments", {
            params: { query: { project, environment, limit: PAGE, ...given({ cursor: cursor ?? undefined }) } },
            signal,
          }),
        );
        found.push(...answer.items);
        complete &&= answer.complete;
        cursor = answer.next_cursor;
        if (cursor === null) break;
      }
      return { byKey: new Map(found.map((each) => [each.key, each])), complete };
    },
    refetchInterval: (query) => (query.state.data?.complete === false ? WAITING : CURRENT),
    placeholderData: (before) => before,
  });
}

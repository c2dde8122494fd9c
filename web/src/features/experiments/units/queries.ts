/** Which user is in what: the flag's own decision, as every edge makes it. */

import { useQuery } from "@tanstack/react-query";
import { controlPlane, read } from "@/api/clients";
import { type Assigned, assignedOf } from "./model";

/** One after the other, so that a pasted list is no burst. */
export function useAssignments(
  place: { project: string; environment: string; flag: string; experiment: string },
  contexts: readonly Record<string, unknown>[],
) {
  return useQuery({
    queryKey: ["assignments", place, contexts],
    queryFn: async ({ signal }) => {
      const found: Assigned[] = [];
      for (const context of contexts) {
        const answer = await read(
          controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/explain", {
            params: { path: { project: place.project, environment: place.environment } },
            body: { flag: place.flag, context },
            signal,
          }),
        );
        found.push(assignedOf(answer, place.experiment, context));
      }
      return found;
    },
    enabled: contexts.length > 0,
  });
}

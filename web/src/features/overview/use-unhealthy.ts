import { useQuery } from "@tanstack/react-query";
import { useRight } from "@/api/rights";
import { type Unhealthy, unhealthyOf } from "./attention";
import { experimentsQuery } from "./queries";

/** The experiments that run here on data that can't be trusted; none where that isn't known, or may not be. */
export function useUnhealthy(project: string, environment: string): readonly Unhealthy[] {
  const mayRead = useRight("results:read", environment).allowed;
  const running = useQuery({ ...experimentsQuery(project, environment), enabled: mayRead });
  return running.data === undefined ? [] : unhealthyOf(running.data.items);
}

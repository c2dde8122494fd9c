import { useQuery } from "@tanstack/react-query";
import { useRight } from "@/api/rights";
import type { SeenAttribute } from "@/lib/rules";
import { attributesQuery } from "./queries";

/** Attributes to suggest, and to hint by; undefined where nobody knows or one may not see them. */
export function useAttributes(project: string, environment: string): readonly SeenAttribute[] | undefined {
  const { allowed } = useRight("exposures:read", environment);
  return useQuery({ ...attributesQuery(project, environment), enabled: allowed }).data ?? undefined;
}

import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { useRight } from "@/api/rights";
import { PAGE, type Usage, usageQuery } from "./queries";

/** How often the listed flags were evaluated: one call for each 200 of them. */
export function useUsage(project: string, environment: string, keys: readonly string[]): ReadonlyMap<string, Usage> {
  const { allowed } = useRight("exposures:read", environment);
  const pages = useMemo(() => {
    const found: string[][] = [];
    for (let at = 0; at < keys.length; at += PAGE) found.push(keys.slice(at, at + PAGE));
    return found;
  }, [keys]);
  return useQueries({
    queries: pages.map((page) => ({ ...usageQuery(project, environment, page), enabled: allowed })),
    combine: joined,
  });
}

/** Outside of the component, so that the same answers give the same map. */
function joined(results: readonly { readonly data?: { readonly items: readonly Usage[] } | undefined }[]) {
  return new Map(results.flatMap((each) => (each.data?.items ?? []).map((usage) => [usage.flag, usage] as const)));
}

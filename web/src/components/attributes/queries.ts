import { queryOptions } from "@tanstack/react-query";
import { analytics, read } from "@/api/clients";
import type { SeenAttribute, ValueType } from "@/lib/rules";

const TYPES: readonly ValueType[] = ["string", "number", "boolean", "array", "object"];

/** What contexts of an environment were seen to have in the last days. */
export const attributesQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["attributes", project, environment],
    queryFn: async ({ signal }): Promise<SeenAttribute[] | null> => {
      const found = await read(
        analytics.GET("/v1/attributes", { params: { query: { project, environment } }, signal }),
      );
      // Where no unit was looked at, nothing is known of what there is.
      if (found.units === 0) return null;
      return found.attributes.map((each) => ({
        name: each.name,
        types: TYPES.filter((type) => each.types.some((one) => typeNamed(one.type) === type)),
        values: each.values.map((one) => one.value),
        share: each.share,
      }));
    },
    staleTime: 60_000,
    retry: false,
  });

const typeNamed = (name: string): string =>
  ({ text: "string", list: "array", integer: "number", float: "number" })[name] ?? name;

import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { asProblem } from "@/api/problem";
import { brokenBySchema } from "../model";
import { type ConfigChange, type DefinitionPlace, triedChangeQuery } from "../queries";

const QUIET_MILLISECONDS = 600;

/** What a schema would break in environments, tried when it has stayed as it is for a moment. */
export function useBroken(at: DefinitionPlace, change: ConfigChange | null, may: boolean): string[] {
  const [quiet] = useDebouncedValue(change, QUIET_MILLISECONDS);
  const tried = useQuery({ ...triedChangeQuery(at, quiet ?? {}), enabled: may && change !== null && quiet !== null });
  if (change === null || !tried.isError) return [];
  return brokenBySchema(asProblem(tried.error).fields);
}

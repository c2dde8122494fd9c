import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { memberNamesQuery } from "./queries";

const NONE: ReadonlyMap<string, string> = new Map();

/** By their addresses, what people are called; nothing before it is known, and for who may not know. */
export function useMemberNames(): ReadonlyMap<string, string> {
  const { organization } = usePlace();
  const { allowed } = useRight("member:read");
  return useQuery({ ...memberNamesQuery(organization.id), enabled: allowed }).data ?? NONE;
}

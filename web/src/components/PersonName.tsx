import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { memberQuery } from "./queries";

/** Of whom a service knows no more than the id: their name, or their address where they have none. */
export function PersonName({ id }: { readonly id: string }) {
  const { organization } = usePlace();
  const { data, isPending } = useQuery(memberQuery(organization.id, id));
  if (data !== undefined) return <>{data.name || data.email}</>;
  return <>{isPending ? "…" : "somebody who is no member"}</>;
}

import { useQuery } from "@tanstack/react-query";
import { controlPlane, read } from "@/api/clients";
import { projectQuery, type Right } from "@/api/shared-queries";
import { useParams } from "@/lib/url";

const MINUTES = 5 * 60_000;

/** Who can give a right that one lacks; undefined while it isn't known, or may not be. */
export function useGranters(right: Right, environment: string | undefined) {
  const { project } = useParams();
  const organization = useQuery({ ...projectQuery(project), enabled: project !== "" }).data?.organization_id;
  return useQuery({
    queryKey: ["granters", organization, project, environment ?? null, right],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/organizations/{organization}/granters", {
          params: {
            path: { organization: organization ?? "" },
            query: { right, project, ...(environment === undefined ? {} : { environment }) },
          },
          signal,
        }),
      ),
    enabled: organization !== undefined,
    staleTime: MINUTES,
    retry: false,
  }).data;
}

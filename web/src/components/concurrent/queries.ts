/** What is asked while something is edited: whether it is still what the draft was made from. */

import { type QueryKey, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { controlPlane, read } from "@/api/clients";

const MILLISECONDS = 5_000;

const publicationQuery = (project: string, environment: string) =>
  queryOptions({
    queryKey: ["publication", project, environment],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/environments/{environment}/publication", {
          params: { path: { project, environment } },
          signal,
        }),
      ),
    refetchInterval: MILLISECONDS,
  });

interface Published {
  readonly project: string;
  readonly environment: string;
}

/** Reads anew when the environment has another version: for what no other change than a published one touches. */
export function useReadWhenPublished({ project, environment }: Published, key: QueryKey, enabled: boolean): void {
  const client = useQueryClient();
  const version = useQuery({ ...publicationQuery(project, environment), enabled }).data?.version;
  const seen = useRef(version);
  const wanted = useRef(key);
  wanted.current = key;
  useEffect(() => {
    if (seen.current !== undefined && version !== undefined && seen.current !== version)
      void client.invalidateQueries({ queryKey: wanted.current, exact: true });
    seen.current = version;
  }, [client, version]);
}

/** Reads anew every few seconds while something of it is edited: for what isn't published, such as a metric. */
export function useReadWhileEdited(key: QueryKey, edited: boolean): void {
  const client = useQueryClient();
  useQuery({
    queryKey: ["edited", ...key],
    queryFn: async () => {
      await client.invalidateQueries({ queryKey: key, exact: true });
      return null;
    },
    enabled: edited,
    refetchInterval: MILLISECONDS,
    staleTime: 0,
    gcTime: 0,
  });
}

import {
  type DefaultError,
  type QueryKey,
  type UseQueryOptions,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useStill } from "@/lib/still";

interface Props<T, Key extends QueryKey> {
  readonly query: UseQueryOptions<T, DefaultError, T, Key>;
  /** Undefined while nobody has told it. */
  readonly children: (fact: T | undefined) => ReactNode;
}

/** What another service tells of a row: what is known at once, all else when the row has stood for a moment. */
export function RowFact<T, Key extends QueryKey>(props: Props<T, Key>) {
  return useStill() ? <Asked {...props} /> : <Known {...props} />;
}

function Asked<T, Key extends QueryKey>({ query, children }: Props<T, Key>) {
  return children(useQuery(query).data);
}

function Known<T, Key extends QueryKey>({ query, children }: Props<T, Key>) {
  return children(useQueryClient().getQueryData<T>(query.queryKey));
}

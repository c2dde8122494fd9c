/** Lists that come page by page, as one growing list. */

import { type QueryKey, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

export interface Page<Row> {
  readonly items: readonly Row[];
  readonly next_cursor?: string | null;
}

interface Options<Row> {
  readonly queryKey: QueryKey;
  readonly page: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>;
  readonly refetchInterval?: number;
  readonly enabled?: boolean;
}

export interface Paged<Row> {
  readonly query: {
    readonly data: readonly Row[] | undefined;
    readonly isPending: boolean;
    readonly isError: boolean;
    readonly error: unknown;
    readonly dataUpdatedAt: number;
    readonly refetch: () => unknown;
  };
  /** Null when all of it is here. */
  readonly more: { readonly loading: boolean; readonly load: () => void } | null;
}

export function usePaged<Row>({ queryKey, page, refetchInterval, enabled = true }: Options<Row>): Paged<Row> {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => page(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled,
    ...(refetchInterval === undefined ? {} : { refetchInterval }),
  });
  const pages = query.data?.pages;
  const data = useMemo(() => pages?.flatMap((each) => each.items), [pages]);
  return {
    query: {
      data,
      isPending: query.isPending,
      isError: query.isError,
      error: query.error,
      dataUpdatedAt: query.dataUpdatedAt,
      refetch: query.refetch,
    },
    more: query.hasNextPage ? { loading: query.isFetchingNextPage, load: () => void query.fetchNextPage() } : null,
  };
}

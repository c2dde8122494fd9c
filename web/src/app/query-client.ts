import { QueryCache, QueryClient } from "@tanstack/react-query";
import { asProblem } from "@/api/problem";

const RETRIES = 2;

export function newQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache(),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: true,
        // A refusal stays one; what is away may come back.
        retry: (failures, error) => {
          const { status } = asProblem(error);
          return failures < RETRIES && (status === 0 || status === 502 || status === 503 || status === 504);
        },
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 4000),
      },
      mutations: { retry: false },
    },
  });
}

import { QueryCache, QueryClient } from "@tanstack/react-query";
import { asProblem } from "@/api/problem";

const RETRIES = 2;
/** Longer than this nobody waits before a skeleton: they are told, and ask again themselves. */
const PATIENCE_SECONDS = 10;

/** A refusal stays one; what is away may come back, and who asked too fast is told when to ask again. */
export function retries(failures: number, error: unknown): boolean {
  const { status, retryAfter } = asProblem(error);
  if (failures >= RETRIES) return false;
  if (status === 429) return retryAfter !== null && retryAfter <= PATIENCE_SECONDS;
  return status === 0 || status === 502 || status === 503 || status === 504;
}

/** In milliseconds. */
export function pauseBefore(attempt: number, error: unknown): number {
  const { status, retryAfter } = asProblem(error);
  if ((status === 429 || status === 503) && retryAfter !== null) return Math.min(retryAfter, PATIENCE_SECONDS) * 1000;
  return Math.min(500 * 2 ** attempt, 4000);
}

export function newQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache(),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: true,
        retry: retries,
        retryDelay: pauseBefore,
      },
      mutations: { retry: false },
    },
  });
}

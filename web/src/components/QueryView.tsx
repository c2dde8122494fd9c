import { Alert, Button, Skeleton, Stack, Text } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { asProblem, sentence } from "@/api/problem";
import { relativeTime } from "@/lib/format";
import { useNow } from "@/lib/now";
import { Failure } from "./Failure";
import { NothingHere } from "./NothingHere";

const SKELETON_MILLISECONDS = 150;
const WORDS_MILLISECONDS = 3_000;

/** Words for who waits long; a page that can't read them waits without. */
const StillWaiting = lazy(() => import("./StillWaiting").catch(() => ({ default: () => null })));

/** Of a query, as far as it is shown: one answer, or the pages of a list. */
export interface Shown<T> {
  readonly data: T | undefined;
  readonly isPending: boolean;
  readonly isError: boolean;
  readonly error: unknown;
  readonly dataUpdatedAt: number;
  /** Why it is asked again, while it waits. */
  readonly failureReason?: unknown;
  readonly refetch: () => unknown;
}

interface Props<T> {
  readonly query: Shown<T>;
  readonly children: (data: T) => ReactNode;
  /** In the form of what comes; three lines by default. */
  readonly skeleton?: ReactNode;
  /** A part of a page: what is absent is told as a failure, not as an address with nothing at it. */
  readonly part?: boolean;
}

/** What a query has: its data; while it waits a skeleton, and why it waits when that takes long; what failed, beside old data with their age. */
export function QueryView<T>({ query, children, skeleton, part = false }: Props<T>) {
  const waits = useDelayed(query.isPending, SKELETON_MILLISECONDS);
  const waitsLong = useDelayed(query.isPending, WORDS_MILLISECONDS);
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <Stale at={query.dataUpdatedAt} error={query.error} retry={() => void query.refetch()} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) {
    const problem = asProblem(query.error);
    if (problem.status === 404 && !part) return <NothingHere />;
    return <Failure problem={problem} retry={() => void query.refetch()} />;
  }
  if (!waits) return null;
  return (
    <>
      {waitsLong && (
        <Suspense>
          <StillWaiting reason={query.failureReason ?? null} />
        </Suspense>
      )}
      <div aria-busy="true">{skeleton ?? <Lines />}</div>
    </>
  );
}

function Stale({ at, error, retry }: { readonly at: number; readonly error: unknown; readonly retry: () => void }) {
  const now = useNow();
  return (
    <Alert color="yellow" variant="light" mb="sm" role="status">
      <Text>
        This is as of {relativeTime(at, now)}. {sentence(asProblem(error))}{" "}
        <Button size="compact-xs" variant="default" onClick={retry}>
          Try again
        </Button>
      </Text>
    </Alert>
  );
}

function Lines() {
  return (
    <Stack gap="sm">
      <Skeleton height={20} width="40%" />
      <Skeleton height={48} />
      <Skeleton height={48} />
    </Stack>
  );
}

function useDelayed(active: boolean, milliseconds: number): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    if (!active) return;
    const timer = setTimeout(() => setPassed(true), milliseconds);
    return () => {
      clearTimeout(timer);
      setPassed(false);
    };
  }, [active, milliseconds]);
  return passed;
}

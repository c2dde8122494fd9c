import { Stack } from "@mantine/core";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useCallback, useEffect } from "react";
import { asProblem } from "@/api/problem";
import { Failure } from "@/components/Failure";
import { controlPlaneAnswers, readPagesAgain } from "./lazy-page";
import { NotFoundPage } from "./NotFoundPage";

const LOOK_MILLISECONDS = 3_000;

export function PageFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const problem = asProblem(error);
  const retry = useCallback(() => {
    readPagesAgain();
    reset();
    void router.invalidate();
  }, [reset, router]);
  useReturn(problem.code === "unreachable", retry);
  if (problem.status === 404) return <NotFoundPage />;
  return (
    <Stack p="xl" maw={720}>
      <Failure problem={problem} retry={retry} />
    </Stack>
  );
}

/** What was away is looked for, and the page tried again when it is back. */
function useReturn(away: boolean, retry: () => void): void {
  useEffect(() => {
    if (!away) return;
    let over = false;
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      const back = await controlPlaneAnswers();
      if (over) return;
      if (back) retry();
      else timer = setTimeout(look, LOOK_MILLISECONDS);
    };
    timer = setTimeout(look, LOOK_MILLISECONDS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [away, retry]);
}

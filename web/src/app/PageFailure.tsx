import { Stack } from "@mantine/core";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { asProblem } from "@/api/problem";
import { Failure } from "@/components/Failure";
import { NotFoundPage } from "./NotFoundPage";

export function PageFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const problem = asProblem(error);
  if (problem.status === 404) return <NotFoundPage />;
  return (
    <Stack p="xl" maw={720}>
      <Failure
        problem={problem}
        retry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </Stack>
  );
}

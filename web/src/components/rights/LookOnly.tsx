import { Text } from "@mantine/core";
import { type Right, useRight } from "@/api/rights";
import { WhyNot } from "./WhyNot";

interface Props {
  readonly right: Right;
  readonly environment?: string;
}

/** Above a form that one may read and not write: why that is so. Nothing where one may. */
export function LookOnly({ right, environment }: Props) {
  const { allowed, known } = useRight(right, environment);
  if (allowed || !known) return null;
  return (
    <Text c="dimmed">
      You can look at this. <WhyNot right={right} environment={environment} />.
    </Text>
  );
}

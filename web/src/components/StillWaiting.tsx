import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { asProblem, type Problem } from "@/api/problem";

const SERVICES: Readonly<Record<string, string>> = {
  analytics: "Analytics",
  events: "The ingestor",
  edge: "The edge",
};

/** What is said of a query that has been waiting for some seconds: why, and that it is asked again by itself. */
export default function StillWaiting({ reason }: { readonly reason: unknown }): ReactNode {
  return (
    <Text role="status" size="sm" c="dimmed" mb="sm">
      {reason === null ? "This takes longer than usual; it is still waited for." : waitWords(asProblem(reason))}
    </Text>
  );
}

/** A failure that got no answer names its service itself. */
function waitWords(problem: Problem): string {
  if (problem.status === 0) return `${problem.title}; it is asked again by itself.`;
  const first = /^https?:\/\/[^/]+\/(\w+)\//.exec(problem.url)?.[1] ?? "";
  const service = SERVICES[first] ?? "The control plane";
  const state = problem.status === 429 || problem.status === 503 ? "is busy" : "does not answer";
  const when = problem.retryAfter === null ? "" : ` within ${problem.retryAfter} s`;
  return `${service} ${state}; it is asked again by itself${when}.`;
}

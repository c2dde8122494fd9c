/** Whether the services behind this page's origin can do their job, by their own word. */

export const SERVICES = [
  { name: "Control plane", prefix: "" },
  { name: "Analytics", prefix: "/analytics" },
  { name: "Event ingestor", prefix: "/events" },
  { name: "Edge behind this address", prefix: "/edge" },
] as const;

export type Service = (typeof SERVICES)[number];

export interface Readiness {
  /** "answers": the process is there, and its readiness is told on its operators' port alone. */
  readonly state: "ready" | "not_ready" | "answers" | "away";
  /** What it looks after, each "ok" or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

export async function readinessOf({ prefix }: Service, signal: AbortSignal): Promise<Readiness> {
  const response = await fetch(`${prefix}/readyz`, { signal }).catch((thrown: unknown) => {
    if (signal.aborted) throw thrown;
    return null;
  });
  const told: unknown = await response?.json().catch(() => null);
  const checks = checksIn(told);
  if (response?.ok === true) return { state: "ready", checks: checks ?? {} };
  if (checks !== null) return { state: "not_ready", checks };
  return { state: response?.status === 404 ? "answers" : "away", checks: {} };
}

function checksIn(told: unknown): Record<string, string> | null {
  if (typeof told !== "object" || told === null || !("checks" in told)) return null;
  const { checks } = told;
  if (typeof checks !== "object" || checks === null) return null;
  return Object.fromEntries(Object.entries(checks).map(([name, value]) => [name, String(value)]));
}

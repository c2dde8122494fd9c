/** Figures of the overview from what the APIs tell. Pure. */

import type { Activity, Counts, Edge, Rollout } from "./queries";

export interface Pulse {
  /** Of the last minute that SDKs and edges have told of. */
  readonly evaluations: number | null;
  /** Of the last whole minute. */
  readonly events: number | null;
  /** In the hour. */
  readonly errors: number;
  readonly unknownFlags: number;
  readonly evaluationSeries: readonly number[];
  readonly eventSeries: readonly number[];
}

/** The last minute is not over, so it is drawn nowhere. Usage is told once a minute: that of the one before is still coming. */
export function pulseOf(activity: Activity): Pulse {
  const whole = activity.minutes.slice(0, -1);
  const last = whole.at(-1);
  const told = whole.slice(0, -1);
  return {
    evaluations: told.at(-1)?.evaluations ?? null,
    events: last === undefined ? null : last.exposures + last.metric_events,
    errors: activity.minutes.reduce((sum, each) => sum + each.errors, 0),
    unknownFlags: activity.minutes.reduce((sum, each) => sum + each.unknown_flags, 0),
    evaluationSeries: told.map((each) => each.evaluations),
    eventSeries: whole.map((each) => each.exposures + each.metric_events),
  };
}

/** What the ingestor took and what it refused, in all minutes told. */
export function arrivedOf(counts: Counts): { readonly accepted: number; readonly refused: number } {
  let accepted = 0;
  let refused = 0;
  for (const each of counts.minutes) {
    accepted += each.exposures + each.metrics;
    for (const number of Object.values(each.rejected)) refused += number;
  }
  return { accepted, refused };
}

export interface FleetState {
  readonly text: string;
  readonly hint: string;
  readonly tone: "good" | "caution" | "problem" | null;
}

export function fleetState(edges: readonly Edge[]): FleetState {
  if (edges.length === 0) {
    return { text: "None", hint: "No edge is heard: SDKs go on with what they hold", tone: "problem" };
  }
  const live = edges.filter((each) => each.state === "live");
  const newest = edges.reduce<number | null>(
    (found, each) => (each.version === null ? found : Math.max(found ?? 0, each.version)),
    null,
  );
  const text = `${live.length} of ${edges.length}`;
  if (live.length === edges.length) {
    return { text, hint: newest === null ? "live" : `live, all on version ${newest}`, tone: "good" };
  }
  const words = (["behind", "lost", "unknown"] as const)
    .map((state) => [state, edges.filter((each) => each.state === state).length] as const)
    .filter(([, number]) => number > 0)
    .map(([state, number]) => `${number} ${state}`);
  return {
    text,
    hint: `live, ${words.join(", ")}`,
    tone: edges.some((each) => each.state === "lost") ? "problem" : "caution",
  };
}

const MOVING: ReadonlySet<string> = new Set(["running", "held", "paused", "pending"]);

/** Those that are not over; held ones first, since somebody must look. */
export function inMotion(rollouts: readonly Rollout[]): Rollout[] {
  const order = ["held", "running", "paused", "pending"];
  return rollouts
    .filter((each) => MOVING.has(each.state))
    .toSorted((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
}

const STATES: Readonly<Record<string, string>> = {
  held: "held by a guard",
  running: "running",
  paused: "paused",
  pending: "not started",
};

export function rolloutWords(rollout: Rollout): string {
  const step = rollout.state === "running" ? `, step ${rollout.step} of ${rollout.steps}` : "";
  return `${STATES[rollout.state] ?? rollout.state}${step}`;
}

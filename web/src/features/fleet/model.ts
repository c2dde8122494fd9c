/** Edges in words. */

import { duration, plural } from "@/lib/format";
import type { Edge, Propagation, Readiness } from "./queries";

export type Tone = "neutral" | "info" | "good" | "caution" | "problem";

export const STATES: Readonly<Record<Edge["state"], { readonly label: string; readonly tone: Tone }>> = {
  live: { label: "Live", tone: "good" },
  behind: { label: "Behind", tone: "caution" },
  lost: { label: "Lost", tone: "problem" },
  unknown: { label: "Not heard", tone: "neutral" },
};

/** "none", or by how many versions and how long. */
export function delayWords(edge: Pick<Edge, "versions_behind" | "seconds_behind">): string {
  if (edge.versions_behind === 0) return "none";
  return `${plural(edge.versions_behind, "version")}, ${duration(edge.seconds_behind * 1000)}`;
}

/** "Version 12 is on 4 of 4 edges, all had it after 0.2 s". */
export function propagationWords(found: Propagation): string {
  if (!found.published) return `Version ${found.version} is not published yet`;
  if (found.edges === 0) return `Version ${found.version} is published, and no edge is live to serve it`;
  const on = `Version ${found.version} is on ${found.serving} of ${plural(found.edges, "edge")}`;
  if (found.milliseconds !== null) return `${on}; all had it after ${duration(found.milliseconds)}`;
  return found.laggards.length === 0 ? on : `${on}; not yet on ${found.laggards.slice(0, 3).join(", ")}`;
}

interface ReadinessWords {
  readonly label: string;
  readonly tone: Tone;
  /** What it lacks, or where its readiness is told. */
  readonly lacks: string;
}

/** Of a service that is asked still, too. */
export function readinessWords(readiness: Readiness | undefined): ReadinessWords {
  if (readiness === undefined) return { label: "…", tone: "neutral", lacks: "" };
  const lacks = Object.entries(readiness.checks)
    .filter(([, state]) => state !== "ok")
    .map(([name, state]) => `${name.replaceAll("_", " ")}: ${state}`)
    .join("; ");
  switch (readiness.state) {
    case "ready":
      return lacks === "" ? { label: "Ready", tone: "good", lacks } : { label: "Degraded", tone: "caution", lacks };
    case "not_ready":
      return { label: "Not ready", tone: "problem", lacks };
    case "answers":
      return { label: "Answers", tone: "neutral", lacks: "Whether it is ready is told on its operators' port" };
    case "away":
      return { label: "Away", tone: "problem", lacks: "It does not answer at this address" };
  }
}

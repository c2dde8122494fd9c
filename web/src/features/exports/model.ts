/** Exports in words. */

import { count } from "@/lib/format";
import type { Dataset, Export, Run } from "./queries";

export type Tone = "neutral" | "info" | "good" | "caution" | "problem";

export const RUNS: Readonly<Record<Run["status"], { readonly label: string; readonly tone: Tone }>> = {
  queued: { label: "Queued", tone: "neutral" },
  running: { label: "Running", tone: "info" },
  succeeded: { label: "Succeeded", tone: "good" },
  failed: { label: "Failed", tone: "problem" },
};

export const DATASETS: readonly { readonly value: Dataset; readonly label: string }[] = [
  { value: "exposures", label: "Exposures" },
  { value: "metric_events", label: "Metric events" },
  { value: "flags", label: "Flags" },
  { value: "experiments", label: "Experiments" },
  { value: "results", label: "Results" },
];

export function scheduleWords(found: Pick<Export, "schedule" | "daily_at" | "paused">): string {
  if (found.paused) return "paused";
  if (found.schedule === "daily") return `daily at ${found.daily_at} UTC`;
  return found.schedule === "hourly" ? "every hour" : "by hand";
}

/** "bucket lake, below verdict", "folder /exports", "Snowflake account acme, database VERDICT". */
export function destinationWords(destination: Readonly<Record<string, string>>): string {
  const { type } = destination;
  if (type === "folder") return `folder ${destination.path ?? ""}`;
  if (type === "object_store")
    return `bucket ${destination.bucket ?? ""}${destination.prefix ? `, below ${destination.prefix}` : ""}`;
  if (type === "snowflake")
    return `Snowflake account ${destination.account ?? ""}, ${destination.database ?? ""}.${destination.schema ?? ""}`;
  return type ?? "";
}

/** "1,200 exposures, 30 flags". */
export function rowsWords(rows: Readonly<Record<string, number>>): string {
  const written = Object.entries(rows).filter(([, number]) => number > 0);
  if (written.length === 0) return "nothing new";
  return written.map(([dataset, number]) => `${count(number)} ${dataset.replaceAll("_", " ")}`).join(", ");
}

/** What waits for somebody, as a sentence and as the page where it is dealt with. */

import type { components as Analytics } from "@/api/generated/analytics";
import type { components } from "@/api/generated/control-plane";
import { day, percent, plural } from "@/lib/format";
import { pagePath } from "@/lib/url";

export type Item = components["schemas"]["AttentionItem"];
export type Kind = Item["kind"];
type Standing = Analytics["schemas"]["StandingDocument"];

/** An experiment whose data can't be trusted as they are, and why. */
export interface Unhealthy {
  readonly key: string;
  readonly name: string;
  readonly why: string;
}

/** Of those that run, by where they stand. */
export const unhealthyOf = (standings: readonly Standing[]): Unhealthy[] =>
  standings
    .filter((each) => each.health?.state === "problem")
    .map(({ key, name, health }) => ({
      key,
      name,
      why: (health?.findings ?? []).map((each) => each.name.replaceAll("_", " ")).join(", "),
    }));

/** What asks for somebody now; the rest will. */
const PRESSING: ReadonlySet<Kind> = new Set([
  "incident_open",
  "rollout_held",
  "change_request_failed",
  "experiment_schedule_failed",
  "webhook_paused",
]);

export const isPressing = (item: Item): boolean => PRESSING.has(item.kind);

/** Without a name in front, such as "waits for your review". */
export function attentionWords(item: Item): string {
  const { detail } = item;
  const told = (name: string): string => {
    const value = detail[name];
    return typeof value === "string" ? value : "";
  };
  const words: Readonly<Record<Kind, () => string>> = {
    incident_open: () => `a guard found harm on ${told("flag")}`,
    rollout_held: () => `is held at ${share(detail.share)} of ${told("flag")}`,
    rollout_awaits_approval: () => `waits for an approval at ${share(detail.share)} of ${told("flag")}`,
    change_request_waiting: () => `${nameOf(detail.author) ?? "somebody"} asks for a review`,
    change_request_failed: () => `could not be applied when it was due`,
    experiment_schedule_failed: () => `could not ${detail.status === "running" ? "stop" : "start"} when it was due`,
    experiment_past_end: () => `runs past its planned end`,
    webhook_paused: () => `is paused, since its receiver fails`,
    sdk_key_expires: () => `expires on ${day(item.since)}`,
    token_expires: () => `expires on ${day(item.since)}`,
    token_unused: () => `was not used for 90 days`,
    flags_overdue: () => `${plural(item.count, "flag")} past ${item.count === 1 ? "its" : "their"} expected end`,
  };
  return words[item.kind]();
}

/** What it is called in front of the words. */
export function attentionName(item: Item): string {
  if (item.kind.startsWith("change_request")) return `#${item.key} ${item.name}`;
  return item.kind === "flags_overdue" ? "Overdue flags" : item.name;
}

/** The page where somebody can do something about it. */
export function attentionPath(project: string, item: Item): string {
  const { kind, key, detail } = item;
  if (kind === "incident_open") return pagePath(project, "rollouts", String(detail.rollout));
  if (kind.startsWith("rollout_")) return pagePath(project, "rollouts", key);
  if (kind.startsWith("change_request_")) return pagePath(project, "changes", key);
  if (kind.startsWith("experiment_")) return pagePath(project, "experiments", key);
  if (kind === "webhook_paused") return pagePath(project, "webhooks", key);
  if (kind === "flags_overdue") return `${pagePath(project, "flags")}?lifecycle=overdue`;
  return kind === "sdk_key_expires" ? pagePath(project, "keys") : pagePath(project, "keys", "tokens");
}

/** Of an actor. */
function nameOf(actor: unknown): string | null {
  if (typeof actor !== "object" || actor === null || !("name" in actor)) return null;
  return typeof actor.name === "string" ? actor.name : null;
}

/** Of hundredths of a percent. */
function share(value: unknown): string {
  return typeof value === "number" ? percent(value / 100) : "its step";
}

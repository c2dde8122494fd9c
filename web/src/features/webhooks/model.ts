/** Webhooks in words. */

import type { Delivery, Webhook, WebhookPatch } from "./queries";

export type Tone = "neutral" | "info" | "good" | "caution" | "problem";

const PAUSED = {
  asked: "Paused by somebody",
  failing: "Paused: a day of nothing but failures",
  gone: "Paused: the receiver says that it is gone",
} as const;

export function standing(webhook: Pick<Webhook, "enabled" | "paused_because" | "failing_since">): {
  readonly label: string;
  readonly tone: Tone;
} {
  if (webhook.paused_because !== null)
    return { label: PAUSED[webhook.paused_because], tone: webhook.paused_because === "asked" ? "neutral" : "problem" };
  if (!webhook.enabled) return { label: "Paused", tone: "neutral" };
  return webhook.failing_since === null ? { label: "Active", tone: "good" } : { label: "Failing", tone: "caution" };
}

/** "Everything", or "flag.*, incident.opened in production of shop, tagged web". */
export function listensTo(webhook: Pick<Webhook, "events" | "projects" | "environments" | "tags">): string {
  const events = webhook.events.includes("*") ? "everything" : webhook.events.join(", ");
  const within = [
    webhook.environments.length === 0 ? "" : ` in ${webhook.environments.join(", ")}`,
    webhook.projects.length === 0 ? "" : ` of ${webhook.projects.join(", ")}`,
    webhook.tags.length === 0 ? "" : `, tagged ${webhook.tags.join(", ")}`,
  ].join("");
  return `${events}${within}`;
}

export const DELIVERIES: Readonly<Record<Delivery["state"], { readonly label: string; readonly tone: Tone }>> = {
  waiting: { label: "On its way", tone: "info" },
  delivered: { label: "Delivered", tone: "good" },
  failed: { label: "Failed", tone: "problem" },
};

/** What the receiver answered last, or why nobody did. */
export function lastAnswer(delivery: Pick<Delivery, "last_status" | "last_error" | "attempts">): string {
  if (delivery.last_status !== null) return `Status ${delivery.last_status}`;
  return delivery.last_error ?? (delivery.attempts === 0 ? "not sent yet" : "no answer");
}

/** What can be asked for: everything, all of a noun, or one type. */
export function choicesOf(types: readonly string[]): readonly string[] {
  const nouns = [...new Set(types.map((each) => `${each.split(".")[0]}.*`))];
  return ["*", ...nouns, ...types];
}

type Fields = Pick<Webhook, "url" | "description" | "events" | "projects" | "environments" | "tags" | "enabled">;

/** What a change of these fields is taken back with. */
export function asItWas(webhook: Fields, changed: WebhookPatch): WebhookPatch {
  const { url, description, events, projects, environments, tags, enabled } = webhook;
  const before: WebhookPatch = { url, description, events, projects, environments, tags, enabled };
  return Object.fromEntries(Object.entries(before).filter(([field]) => field in changed));
}

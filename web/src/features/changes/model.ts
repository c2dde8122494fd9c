/** Change requests in words: what state they are in, what they wait for, what their impact is. */

import { count, percent, plural } from "@/lib/format";
import { differenceInWords } from "@/lib/rules";
import type { Approval, ChangeRequest, ChangeState, ChangeSummary, Edit, EditIn, MeasuredImpact } from "./queries";

type Document = Readonly<Record<string, unknown>>;
export type Tone = "neutral" | "info" | "good" | "caution" | "problem";

export const STATES: Readonly<Record<ChangeState, { readonly label: string; readonly tone: Tone }>> = {
  open: { label: "Open", tone: "info" },
  scheduled: { label: "Scheduled", tone: "info" },
  rejected: { label: "Rejected", tone: "problem" },
  applied: { label: "Applied", tone: "good" },
  withdrawn: { label: "Withdrawn", tone: "neutral" },
};

const ENTITIES: Readonly<Record<Edit["entity"], string>> = {
  flag: "flag",
  flag_settings: "flag",
  config: "config",
  config_settings: "config",
  segment: "segment",
  metric: "metric",
  experiment: "experiment",
  layer: "layer",
  holdout: "holdout",
  rollout: "rollout",
};

const ACTIONS: Readonly<Record<Edit["action"], string>> = {
  create: "Create",
  update: "Change",
  archive: "Archive",
  restore: "Restore",
  delete: "Delete",
  start: "Start",
  stop: "Stop",
  pause: "Pause",
  resume: "Resume",
  schedule: "Schedule",
  unschedule: "Unschedule",
  ship: "Ship a variation of",
};

/** "Change flag new-checkout in production". */
export function editTitle(edit: Pick<Edit, "entity" | "action" | "key" | "environment">): string {
  const where = edit.environment === null ? "" : ` in ${edit.environment}`;
  return `${ACTIONS[edit.action]} ${ENTITIES[edit.entity]} ${edit.key}${where}`;
}

/** What is told without what stood before. */
const SWITCHES = new Set(["enabled", "archived", "report_exposures", "client_visible"]);

/** As sentences about what stood when it was proposed; without that, and of fields that are taken back, the service's words. */
export function editWords(
  edit: Pick<Edit, "action" | "document" | "difference">,
  stood: Document | null,
): readonly string[] {
  const takenBack = Object.values(edit.document).includes(null);
  const names = Object.keys(edit.document);
  if (edit.action === "update" && !takenBack && names.length > 0 && names.every((each) => SWITCHES.has(each)))
    return edit.difference.words.length === 0 ? [] : differenceInWords({}, edit.document);
  if (stood === null || edit.action !== "update" || takenBack) return edit.difference.words;
  const words = differenceInWords(stood, { ...stood, ...edit.document });
  return words.length === 0 ? edit.difference.words : words;
}

/** "1 of 2 approvals", of the environment that lacks most. */
export function approvalWords(approvals: readonly Approval[]): string {
  const wanted = approvals.filter((each) => each.needed > 0);
  if (wanted.length === 0) return "Needs no approval";
  const missing = wanted.filter((each) => each.missing > 0);
  if (missing.length === 0) return "Approved";
  return missing
    .map((each) => `${each.environment}: ${each.needed - each.missing} of ${plural(each.needed, "approval")}`)
    .join(", ");
}

/** What it waits for, in one word or two. */
export function standing(change: ChangeSummary): { readonly label: string; readonly tone: Tone } {
  if (change.failure !== null && change.state === "open") return { label: "Could not be applied", tone: "problem" };
  if (change.state === "open") {
    return change.approved ? { label: "Ready to apply", tone: "good" } : { label: "In review", tone: "info" };
  }
  return STATES[change.state];
}

export const collisionsOf = (change: ChangeRequest): readonly Edit[] =>
  change.edits.filter((each) => each.collisions.length > 0);

export type Choice = "mine" | "leave";

/** The edits written anew on what stands now: those kept are laid over it, those left out are gone. Without
 * `base_version` the control plane takes the present one. */
export function rebased(edits: readonly Edit[], choices: Readonly<Record<number, Choice>>): EditIn[] {
  return edits
    .filter((_, index) => choices[index] !== "leave")
    .map((each) => ({
      entity: each.entity,
      key: each.key,
      action: each.action,
      document: each.document,
      ...(each.environment === null ? {} : { environment: each.environment }),
      ...(each.collisions.length > 0 ? {} : { base_version: each.base_version }),
    }));
}

/** "1,240 of 20,000 recent units (6.2%, between 5.9% and 6.5%) get something else". */
export function impactSentence(measured: MeasuredImpact): string {
  const { impact } = measured;
  if (impact === null) return measured.unavailable?.detail ?? "Nobody has measured it yet";
  if (impact.units === 0) return "No unit was seen lately, so nobody knows who would get something else";
  const share = impact.changed_share;
  const interval =
    share === null ? "" : ` (${percent(share.percent)}, between ${percent(share.lower)} and ${percent(share.upper)})`;
  const unknown = impact.unknown === 0 ? "" : `; of ${count(impact.unknown)} it can't be told`;
  return `${count(impact.changed)} of ${plural(impact.units, "recent unit")}${interval} ${
    impact.changed === 1 ? "gets" : "get"
  } something else${unknown}`;
}

/** What one may do now, and why not. Rights are asked beside it. */
export function possible(change: ChangeRequest, personId: string) {
  const under = change.state === "open" || change.state === "scheduled" || change.state === "rejected";
  const mine = change.author.id === personId;
  const collides = collisionsOf(change).length > 0;
  return {
    under,
    mine,
    review: under,
    apply: change.state === "open" && change.approved && !collides,
    schedule: change.state === "open" && change.approved && !collides,
    bypass: (change.state === "open" || change.state === "rejected") && !change.approved && !collides,
    withdraw: under,
  };
}

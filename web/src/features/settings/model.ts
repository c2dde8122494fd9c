/** Policies and quotas in words. */

import { count, percent, plural } from "@/lib/format";
import type { Policy, PolicyRule, Quota } from "./queries";

/** "Two people with change:review agree on each change; whoever wrote it may not." */
export function policyWords(
  policy: Pick<Policy, "required" | "people" | "reviewer_right" | "own_approvals" | "edits_void_approvals">,
): string {
  if (!policy.required) return "Changes are made at once: nobody has to agree.";
  const who = `${plural(policy.people, "person", "people")} with ${policy.reviewer_right} must approve a change`;
  const own = policy.own_approvals ? "its author may be one of them" : "its author may not";
  const edits = policy.edits_void_approvals ? " New edits need new approvals." : "";
  return `${who}; ${own}.${edits} Switching off, stopping and archiving never wait.`;
}

const DOINGS: Readonly<Record<string, string>> = {
  create: "creating",
  update: "changing",
  archive: "archiving",
  restore: "restoring",
  delete: "deleting",
  start: "starting",
  stop: "stopping",
  pause: "pausing",
  resume: "resuming",
  schedule: "scheduling",
  unschedule: "taking back a schedule of",
  ship: "shipping",
};

/** "2 people for deleting segments", "2 people for any change, where more than 20% of units may get something else". */
export function ruleWords(rule: PolicyRule): string {
  const people = rule.people === 0 ? "Nobody" : plural(rule.people, "person", "people");
  const things = (rule.entities ?? []).map(manyOf).join(" or ");
  const doings = (rule.actions ?? []).map((each) => DOINGS[each] ?? each).join(" or ");
  const of = doings === "" && things === "" ? "any change" : `${doings || "changing"} ${things || "anything"}`;
  const when =
    rule.changed_percent === null || rule.changed_percent === undefined
      ? ""
      : `, where more than ${percent(rule.changed_percent)} of units may get something else`;
  return `${people} for ${of}${when}`;
}

/** "flag_settings" is many already. */
const manyOf = (entity: string): string => `${entity.replace(/s$/, "")}s`.replaceAll("_", " ");

const BYTES = ["B", "KiB", "MiB", "GiB"] as const;

export function bytes(value: number): string {
  let left = value;
  let unit = 0;
  while (left >= 1024 && unit < BYTES.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${left.toLocaleString("en", { maximumFractionDigits: unit === 0 ? 0 : 1 })} ${BYTES[unit]}`;
}

export function quotaWords(quota: Quota): string {
  const say = quota.quota.endsWith("_bytes") ? bytes : count;
  return `${say(quota.used)} of ${say(quota.limit)}`;
}

export function quotaName(quota: Quota): string {
  const name = quota.quota
    .replaceAll("_", " ")
    .replace(/^sdk/, "SDK")
    .replace(/ bytes$/, " size");
  const first = name.charAt(0).toUpperCase() + name.slice(1);
  return quota.environment === null ? first : `${first} in ${quota.environment}`;
}

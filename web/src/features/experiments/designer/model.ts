/** An experiment as it is designed, and the documents that are made of it. */

import { listBy, MEMBERS, type Parts, SET } from "@/lib/merge";
import type { Experiment, ExperimentCreate, ExperimentPatch, Flag } from "../queries";

export type Role = "goal" | "secondary" | "guardrail";
export type MarginKind = "relative" | "absolute";
export type PlanMode = "fixed" | "group" | "always_valid";

export interface MetricUse {
  readonly metric: string;
  readonly role: Role;
  readonly margin: number | null;
  readonly marginKind: MarginKind;
}

export interface DesignedVariation {
  readonly key: string;
  readonly weight: number;
  /** Of a remote config: the patch. */
  readonly value?: Record<string, unknown> | undefined;
}

export interface DesignedPlan {
  readonly mode: PlanMode;
  readonly plannedUnits: number | null;
  readonly plannedLooks: number | null;
  readonly plannedEnd: string | null;
  readonly minimumDays: number;
  readonly alpha: number;
  readonly power: number;
  readonly correction: "holm" | "benjamini_hochberg";
  readonly cuped: boolean;
  readonly maturedOnly: boolean;
  readonly bayes: boolean;
}

export interface Design {
  readonly key: string;
  readonly name: string;
  readonly hypothesis: string;
  readonly flag: string;
  readonly mode: "assigns" | "observes";
  readonly variations: readonly DesignedVariation[];
  readonly control: string;
  readonly traffic: number;
  readonly audience: Record<string, unknown> | null;
  readonly bucketBy: string;
  readonly layer: { readonly key: string; readonly share: number } | null;
  readonly holdouts: readonly string[];
  readonly metrics: readonly MetricUse[];
  readonly plan: DesignedPlan;
}

/** How others' changes of the same design are merged. Shares belong together. */
export const PARTS: Parts<Design> = { holdouts: SET, metrics: listBy("metric"), plan: MEMBERS };

const PLAN: DesignedPlan = {
  mode: "always_valid",
  plannedUnits: null,
  plannedLooks: null,
  plannedEnd: null,
  minimumDays: 7,
  alpha: 0.05,
  power: 0.8,
  correction: "holm",
  cuped: false,
  maturedOnly: false,
  bayes: false,
};

export const EMPTY: Design = {
  key: "",
  name: "",
  hypothesis: "",
  flag: "",
  mode: "assigns",
  variations: [],
  control: "",
  traffic: 100,
  audience: null,
  bucketBy: "",
  layer: null,
  holdouts: [],
  metrics: [],
  plan: PLAN,
};

export function designOf(experiment: Experiment): Design {
  const { plan } = experiment;
  return {
    key: experiment.key,
    name: experiment.name,
    hypothesis: experiment.hypothesis,
    flag: experiment.flag,
    mode: experiment.mode,
    variations: experiment.variations.map((each) => ({
      key: each.key,
      weight: each.weight,
      ...(each.value ? { value: each.value } : {}),
    })),
    control: experiment.control,
    traffic: experiment.traffic,
    audience: experiment.audience,
    bucketBy: experiment.bucket_by ?? "",
    layer: experiment.layer ? { key: experiment.layer.key, share: experiment.layer.share } : null,
    holdouts: experiment.holdouts,
    metrics: experiment.metrics.map((each) => ({
      metric: each.metric,
      role: each.role,
      margin: each.margin,
      marginKind: each.margin_kind ?? "relative",
    })),
    plan: {
      mode: plan.mode,
      plannedUnits: plan.planned_units,
      plannedLooks: plan.planned_looks,
      plannedEnd: plan.planned_end,
      minimumDays: plan.minimum_days,
      alpha: plan.alpha,
      power: plan.power,
      correction: plan.correction,
      cuped: plan.cuped,
      maturedOnly: plan.matured_only,
      bayes: plan.bayes !== null,
    },
  };
}

/** Of a flag that was chosen: its variations in equal shares, the off variation as the control. */
export function ofFlag(
  flag: Pick<Flag, "key" | "variations">,
  off: string | null,
): Pick<Design, "flag" | "variations" | "control"> {
  const keys = flag.variations.map((each) => each.key);
  const control = off !== null && keys.includes(off) ? off : (keys[0] ?? "");
  return { flag: flag.key, variations: equalShares(keys), control };
}

/** In percent with two decimals; what does not divide goes to the first. */
export function equalShares(keys: readonly string[]): DesignedVariation[] {
  const each = Math.floor(10_000 / Math.max(keys.length, 1)) / 100;
  const first = Math.round((100 - each * (keys.length - 1)) * 100) / 100;
  return keys.map((key, at) => ({ key, weight: at === 0 ? first : each }));
}

/** "New checkout page" -> "new-checkout-page". */
export function keyOf(name: string): string {
  return name
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 100);
}

export interface Missing {
  readonly field: string;
  readonly text: string;
}

/** What it needs before it can be saved; the service says the rest. */
export function missing(design: Design): Missing[] {
  const found: Missing[] = [];
  const need = (field: string, lacks: boolean, text: string) => lacks && found.push({ field, text });
  need("name", design.name.trim() === "", "Give it a name");
  need("key", design.key === "", "Give it a key");
  need("flag", design.flag === "", "Choose the flag or config that it is on");
  need("variations", design.flag !== "" && design.variations.length < 2, "Compare at least two variations");
  need(
    "metrics",
    design.metrics.some((each) => each.role === "guardrail" && each.margin === null),
    "Give each guardrail a margin: the harm that is tolerated",
  );
  need(
    "plan.planned_units",
    design.plan.mode === "group" && !design.plan.plannedUnits,
    "Planned looks need planned units",
  );
  need(
    "plan.planned_looks",
    design.plan.mode === "group" && !design.plan.plannedLooks,
    "Say how many looks are planned",
  );
  need(
    "plan.planned_units",
    design.plan.mode === "fixed" && !design.plan.plannedUnits && !design.plan.plannedEnd,
    "A fixed size needs its planned units",
  );
  return found;
}

function body(design: Design) {
  const { plan } = design;
  return {
    name: design.name.trim(),
    hypothesis: design.hypothesis.trim(),
    mode: design.mode,
    variations: design.variations.map((each) => ({
      key: each.key,
      weight: each.weight,
      ...(each.value === undefined ? {} : { value: each.value }),
    })),
    control: design.control,
    traffic: design.traffic,
    audience: design.audience,
    bucket_by: design.bucketBy === "" ? null : design.bucketBy,
    layer: design.layer === null ? null : { ...design.layer },
    holdouts: [...design.holdouts],
    metrics: design.metrics.map((each) => ({
      metric: each.metric,
      role: each.role,
      ...(each.role === "guardrail" ? { margin: each.margin, margin_kind: each.marginKind } : {}),
    })),
    plan: {
      mode: plan.mode,
      planned_units: plan.plannedUnits,
      planned_end: plan.mode === "fixed" ? plan.plannedEnd : null,
      planned_looks: plan.mode === "group" ? plan.plannedLooks : null,
      minimum_days: plan.minimumDays,
      alpha: plan.alpha,
      power: plan.power,
      correction: plan.correction,
      cuped: plan.cuped,
      matured_only: plan.maturedOnly,
      bayes: plan.bayes ? { lift_mean: 0, lift_sd: null } : null,
    },
  };
}

export function createBody(design: Design, environment: string): ExperimentCreate {
  return { key: design.key, environment, flag: design.flag, ...body(design) } as ExperimentCreate;
}

/** Only what differs: what a running experiment may not change is not in it unless it was changed. */
export function patchBody(before: Design, after: Design, experiment: Experiment): ExperimentPatch {
  const [from, to] = [body(before), body(after)];
  const changed = Object.entries(to).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(from[name as keyof typeof from]),
  );
  const patch = Object.fromEntries(changed) as ExperimentPatch;
  if (!patch.plan) return patch;
  // What this page has no control for stays as it is.
  const { n_star, boundary, covariates, post_stratify_by, bayes } = experiment.plan;
  const kept = {
    covariates,
    post_stratify_by,
    ...(after.plan.mode === "always_valid" ? { n_star } : {}),
    ...(after.plan.mode === "group" ? { boundary } : {}),
    ...(after.plan.bayes && bayes ? { bayes } : {}),
  };
  return { ...patch, plan: { ...patch.plan, ...kept } };
}

const LABELS: Record<string, string> = {
  name: "name",
  hypothesis: "hypothesis",
  mode: "who assigns",
  variations: "variations and shares",
  control: "control",
  traffic: "traffic",
  audience: "audience",
  bucket_by: "unit",
  layer: "layer",
  holdouts: "holdouts",
  metrics: "metrics",
  plan: "plan",
};

/** What was changed, for the bar at the foot and the review. */
export function changesInWords(before: Design, after: Design): string[] {
  const [from, to] = [body(before), body(after)];
  const words: string[] = [];
  for (const [name, value] of Object.entries(to)) {
    const old = from[name as keyof typeof from];
    if (JSON.stringify(value) === JSON.stringify(old)) continue;
    const label = LABELS[name] ?? name;
    const plain = (each: unknown) => each === null || typeof each === "string" || typeof each === "number";
    words.push(plain(value) && plain(old) ? `${label}: ${old || "none"} → ${value || "none"}` : label);
  }
  return words;
}

import { describe, expect, it } from "vitest";
import {
  byUrgency,
  estimateOf,
  finding,
  groups,
  intervalName,
  intervalRows,
  isEarly,
  marginOf,
  placesOf,
  problems,
  sameUnit,
  setOf,
} from "./model";
import type { Comparison, HealthCheck, Metric, ReadingState } from "./queries";
import { readingOutcome, readingWord } from "./words";

type Effect = Pick<Comparison, "lift" | "difference">;

function effect(estimate: number | null, lower: number | null, upper: number | null): Effect {
  return {
    lift: { status: "ok", estimate, lower, upper, kind: "interval", denominator: "control_mean", method: "fieller" },
    difference: { estimate, lower, upper },
  };
}

/** The fields that the model reads; what else an answer has stands in no test of it. */
function comparison(state: ReadingState, more: object = {}): Comparison {
  const single = effect(0.05, 0.01, 0.09);
  const shown = state === "too_early" ? effect(null, null, null) : single;
  return {
    ...shown,
    reading: { state },
    fixed_horizon: single,
    guardrail: null,
    alpha: 0.05,
    decided_by: "fixed",
    ...more,
  } as unknown as Comparison;
}

function metric(more: Partial<Metric> & { state?: ReadingState; extra?: object } = {}): Metric {
  const { state = "better", extra, ...rest } = more;
  return {
    metric: "purchase",
    name: "Purchase",
    role: "goal",
    higher_is_better: true,
    variations: [
      { variation: "off", is_control: true, rate: 0.1, comparison: null },
      { variation: "on", is_control: false, rate: 0.105, comparison: comparison(state, extra) },
    ],
    ...rest,
  } as unknown as Metric;
}

const places = new Map([
  ["off", 0],
  ["on", 1],
]);

describe("groups", () => {
  it("stand in the order goals, guardrails, secondary; empty ones are left out", () => {
    const found = groups([metric({ role: "secondary" }), metric({ role: "goal" })]);
    expect(found.map((each) => each.name)).toEqual(["goals", "secondary"]);
  });
});

describe("colours", () => {
  it("follow the decision rule alone", () => {
    expect(readingOutcome("better")).toBe("better");
    expect(readingOutcome("worse")).toBe("worse");
    for (const state of ["within_margin", "unclear"] as const) expect(readingOutcome(state)).toBe("unclear");
    for (const state of ["too_early", "not_estimable"] as const) expect(readingOutcome(state)).toBe("unread");
  });

  it("are a variation's for good: the control has the first", () => {
    const shares = { on: 50, off: 30, other: 20 };
    const of = { experiment: { control: "off", shares } } as unknown as Parameters<typeof placesOf>[0];
    expect([...placesOf(of)]).toEqual([
      ["off", 0],
      ["on", 1],
      ["other", 2],
    ]);
  });
});

describe("words", () => {
  it("never say significant or winner", () => {
    const states: ReadingState[] = ["better", "worse", "within_margin", "unclear", "too_early", "not_estimable"];
    expect(states.map(readingWord).join(" ")).not.toMatch(/significan|winner/i);
  });

  it("name a picture by its finding", () => {
    expect(finding({ name: "goals", metrics: [metric({ state: "unclear" })] })).toBe(
      "Purchase, on: no clear difference",
    );
  });
});

describe("too early", () => {
  const early = metric({ state: "too_early" });

  it("shows no interval until it is asked for, and then what one look would say", () => {
    const group = { name: "goals", metrics: [early] } as const;
    expect(isEarly(group.metrics)).toBe(true);
    expect(intervalRows(group, "lift", places, false)).toEqual([]);
    expect(intervalRows(group, "lift", places, true)).toMatchObject([{ estimate: 0.05, outcome: "unread" }]);
  });

  it("is over as soon as something may be read", () => {
    expect(isEarly([early, metric({ state: "unclear" })])).toBe(false);
    expect(isEarly([])).toBe(false);
  });
});

describe("sets", () => {
  const lift = (more: object) => ({ ...effect(0.1, null, null), lift: { ...effect(0.1, null, null).lift, ...more } });

  it("keep the shape that the engine gave", () => {
    expect(setOf(lift({ kind: "all_reals" }), "lift")).toEqual({ kind: "all_reals" });
    expect(setOf(lift({ kind: "complement", excluded: [-0.2, 0.3] }), "lift")).toEqual({
      kind: "complement",
      excluded: [-0.2, 0.3],
    });
    expect(setOf(effect(0.1, 0.05, null), "difference")).toEqual({ kind: "interval", lower: 0.05, upper: null });
    expect(setOf(effect(null, null, null), "lift")).toEqual({ kind: "none" });
  });

  it("take the estimate of their scale", () => {
    expect(estimateOf({ ...effect(0.1, 0, 1), difference: { estimate: 0.002 } }, "difference")).toBe(0.002);
    expect(estimateOf(effect(null, null, null), "lift")).toBeNull();
  });
});

describe("margins", () => {
  const guarded = (kind: string) => comparison("within_margin", { guardrail: { margin: 0.02, margin_kind: kind } });

  it("stand on the side of harm, and only on the scale that they were given on", () => {
    expect(marginOf(metric(), guarded("relative"), "lift")).toBe(-0.02);
    expect(marginOf(metric({ higher_is_better: false }), guarded("relative"), "lift")).toBe(0.02);
    expect(marginOf(metric(), guarded("relative"), "difference")).toBeNull();
    expect(marginOf(metric(), guarded("absolute"), "difference")).toBe(-0.02);
    expect(marginOf(metric(), comparison("better"), "lift")).toBeNull();
  });
});

describe("axes", () => {
  it("are shared by differences of one unit only", () => {
    const mean = { ...metric(), variations: metric().variations.map((each) => ({ ...each, rate: null })) };
    expect(sameUnit({ name: "goals", metrics: [metric(), metric()] })).toBe(true);
    expect(sameUnit({ name: "goals", metrics: [metric(), mean] })).toBe(false);
    expect(sameUnit({ name: "goals", metrics: [mean, mean] })).toBe(false);
    expect(sameUnit({ name: "goals", metrics: [mean] })).toBe(true);
  });

  it("say when an interval may be read again and again", () => {
    expect(intervalName({ alpha: 0.05, decided_by: "fixed" })).toBe("95% interval");
    expect(intervalName({ alpha: 0.1, decided_by: "always_valid" })).toBe("90% sequential interval");
  });
});

describe("health", () => {
  const check = (state: HealthCheck["state"]): HealthCheck => ({
    name: "sample_ratio",
    state,
    finding: "",
    meaning: "",
    action: "",
  });

  it("holds a decision back by problems alone, which stand first", () => {
    const all = [check("ok"), check("warning"), check("problem")];
    expect(problems(all)).toHaveLength(1);
    expect(problems([check("warning"), check("unknown")])).toEqual([]);
    expect(byUrgency(all).map((each) => each.state)).toEqual(["problem", "warning", "ok"]);
  });
});

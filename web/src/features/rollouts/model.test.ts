import { describe, expect, it } from "vitest";
import {
  effectWords,
  figureWords,
  guardsOf,
  guardWords,
  planned,
  planOf,
  planWords,
  shareOverTime,
  stepsIn,
  stepWords,
  waitsFor,
} from "./model";

describe("plans in words", () => {
  it("tells steps and progressive plans", () => {
    const steps = planOf({
      steps: [
        { share: 5, hold_seconds: 3600 },
        { share: 100, hold_seconds: 0, approval: true },
      ],
    });
    expect(planWords(steps)).toBe("5% → 100%");
    expect(steps.steps?.map(stepWords)).toEqual(["5% for 1 h", "100% at once, after an approval"]);
    expect(planWords(planOf({ progressive: { from: 0, to: 50, over_seconds: 7200 } }))).toBe(
      "0% to 50% evenly over 2 h",
    );
  });

  it("shows nothing of a plan that it does not know", () => {
    expect(planWords(planOf({ steps: "soon" }))).toBe("");
  });
});

describe("guards in words", () => {
  it.each([
    [{ metric: "purchase", margin: 0.02, action: "roll_back" }, "Roll back when purchase is more than 2% worse"],
    [
      { metric: "latency", margin: 30, margin_kind: "absolute", action: "hold" },
      "Hold when latency is worse by more than 30",
    ],
    [
      { metric: "errors", margin: 0.02, margin_kind: "absolute", action: "hold" },
      "Hold when Failed payments is worse by more than 2 pp",
    ],
    [{ metric: "errors", margin: 0, action: "notify" }, "Tell the webhooks when Failed payments is worse"],
    [{ built_in: "no_data", action: "hold" }, "Hold when no exposures come"],
  ])("%o", (document, words) => {
    expect(
      guardsOf([document]).map((guard) =>
        guardWords(guard, new Map([["errors", { name: "Failed payments", isRate: true }]])),
      ),
    ).toEqual([words]);
  });
});

describe("what may be done", () => {
  it.each([
    ["pending", null, ["start"]],
    ["running", "approval", ["approve", "pause", "skip", "roll-back", "cancel"]],
    ["running", null, ["pause", "skip", "roll-back", "cancel"]],
    ["held", null, ["resume", "roll-back", "cancel"]],
    ["completed", null, []],
  ] as const)("%s, waiting for %s", (state, waiting_for, steps) => {
    expect(stepsIn({ state, waiting_for, next_share: 50 })).toEqual(steps);
  });

  it("says what it waits for", () => {
    const cause = { code: "edited", detail: "Anna edited what it moves", figures: {} };
    expect(waitsFor({ state: "held", waiting_for: null, next_share: 50, cause })).toBe("Anna edited what it moves");
    expect(waitsFor({ state: "running", waiting_for: "approval", next_share: 50, cause })).toBe(
      "Waits for somebody's approval",
    );
    expect(waitsFor({ state: "running", waiting_for: null, next_share: 50, cause })).toBe("Next: 50%");
  });
});

describe("shares over time", () => {
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 5, 10, minute)).toISOString();

  it("has a corner at each change, and ends now", () => {
    const stages = [
      { share: 5, started_at: at(0), ended_at: at(10) },
      { share: 50, started_at: at(10), ended_at: null },
    ];
    expect(shareOverTime(stages, Date.parse(at(12))).map((each) => [each.at - Date.parse(at(0)), each.share])).toEqual([
      [0, 5],
      [600_000, 5],
      [600_000, 50],
      [720_000, 50],
    ]);
  });

  it("goes on as planned from the step that is due", () => {
    const plan = planOf({
      steps: [
        { share: 5, hold_seconds: 60 },
        { share: 100, hold_seconds: 120 },
      ],
    });
    const told = (position: number, due: string | null, now: string) =>
      planned(plan, position, due, Date.parse(now), 100).map((each) => [each.at - Date.parse(at(0)), each.share]);
    expect(told(1, at(5), at(1))).toEqual([
      [300_000, 100],
      [420_000, 100],
    ]);
    expect(told(2, at(7), at(5))).toEqual([[420_000, 100]]);
    expect([told(2, at(7), at(8)), told(2, null, at(5))]).toEqual([[], []]);
  });
});

it("writes shares of units as rates, other means as they are", () => {
  const [shares, amounts] = [figureWords(true), figureWords(false)];
  expect([shares.mean(0.2389), shares.distance(0.0112)]).toEqual(["23.89%", "1.12 pp"]);
  expect([amounts.mean(0.2389), amounts.distance(0.0112)]).toEqual(["0.2389", "0.0112"]);
  expect(shares.mean(null)).toBe("–");
});

it.each([
  [-0.2402, -0.3454, -0.135, "Worse by 24.02 pp, between 13.50 pp and 34.54 pp"],
  [0.03, 0.01, null, "Better by 3.00 pp, between 1.00 pp and no bound"],
  [-0.1763, -0.4191, 0.0664, "Worse by 17.63 pp; it may be 41.91 pp worse or 6.64 pp better"],
  [-0.1763, null, 0.0664, "Worse by 17.63 pp; it may be worse without bound or 6.64 pp better"],
  [null, null, null, null],
])("tells by how much it is worse: %s within %s and %s", (estimate, lower, upper, words) => {
  expect(effectWords({ estimate, lower, upper }, true)).toBe(words);
});

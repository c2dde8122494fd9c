import { describe, expect, it } from "vitest";
import {
  draftOf,
  guardDocuments,
  incompleteGuards,
  newGuard,
  planDocument,
  proposedKey,
  proposedName,
  storedGuards,
  storedPlan,
} from "./draft";

describe("drafts of rollouts", () => {
  it("come back from their documents as they were", () => {
    const plan = {
      steps: [
        { share: 5, hold_seconds: 3600, approval: false },
        { share: 100, hold_seconds: 172_800, approval: true },
      ],
    };
    const guards = [
      {
        metric: "purchase",
        margin: 0.02,
        margin_kind: "relative" as const,
        action: "roll_back" as const,
        window_seconds: 60,
      },
      { built_in: "no_data" as const, action: "hold" as const, silence_seconds: 90 },
      { built_in: "sdk_errors" as const, action: "notify" as const },
    ];
    const draft = draftOf(plan, guards);
    expect(draft.plan.steps.map((each) => [each.hold, each.unit])).toEqual([
      [1, "hours"],
      [2, "days"],
    ]);
    expect(planDocument(draft.plan)).toEqual(plan);
    expect(guardDocuments(draft.guards)).toEqual(guards);
  });

  it("keep an even progress", () => {
    const plan = { progressive: { from: 0, to: 50, over_seconds: 5400 } };
    expect(planDocument(draftOf(plan, []).plan)).toEqual(plan);
  });

  it("want a metric for each guard of one", () => {
    expect(incompleteGuards([newGuard(1)])).toBe("A guard has no metric");
    expect(incompleteGuards([{ ...newGuard(1), kind: "no_data" }])).toBe("");
  });
});

it("gives back a stored plan and its guards as they are, times included", () => {
  const step = { share: 5, hold_seconds: 3600, at: null, approval: true };
  const later = { share: 100, hold_seconds: null, at: "2026-12-01T08:00:00Z", approval: false };
  expect(storedPlan({ steps: [step, later] })).toEqual({ steps: [step, later], progressive: null });
  const progressive = { from: 0, to: 50, over_seconds: 60 };
  expect(storedPlan({ progressive })).toEqual({ steps: null, progressive });
  expect(storedGuards([{ built_in: "no_data", action: "hold", silence_seconds: 60 }])[0]).toMatchObject({
    built_in: "no_data",
    silence_seconds: 60,
    metric: null,
  });
});

describe("what a rollout is called", () => {
  const flag = { name: "New checkout", variations: [{ key: "on", name: "One page" }, { key: "off" }] };

  it("follows from flag and variation until somebody types", () => {
    expect(proposedName(undefined, null)).toBe("");
    expect(proposedName(flag, null)).toBe("");
    expect(proposedName(flag, "on")).toBe("New checkout: One page");
    expect(proposedName(flag, "off")).toBe("New checkout: off");
    expect([proposedKey("", null), proposedKey("new-checkout", null), proposedKey("new-checkout", "on")]).toEqual([
      "",
      "new-checkout",
      "new-checkout-on",
    ]);
  });
});

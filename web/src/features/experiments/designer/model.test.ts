import { describe, expect, it } from "vitest";
import type { Experiment, LayerSlots } from "../queries";
import { rangesOf } from "./LayerRuler";
import { changesInWords, createBody, EMPTY, equalShares, keyOf, missing, ofFlag, patchBody } from "./model";

const flag = { key: "checkout", variations: [{ key: "on" }, { key: "off" }] } as unknown as Parameters<
  typeof ofFlag
>[0];
const designed = { ...EMPTY, ...ofFlag(flag, "off"), name: "Checkout", key: "checkout-test" };

describe("shares", () => {
  it("add up to 100 with two decimals", () => {
    for (const number of [2, 3, 6, 7, 11]) {
      const shares = equalShares(Array.from({ length: number }, (_, at) => `v${at}`));
      expect(shares.reduce((sum, each) => sum + Math.round(each.weight * 100), 0)).toBe(10_000);
    }
  });
});

describe("a flag that was chosen", () => {
  it("brings its variations, and what it serves when it is off as the control", () => {
    expect(designed.control).toBe("off");
    expect(designed.variations.map((each) => each.key)).toEqual(["on", "off"]);
    expect(ofFlag(flag, null).control).toBe("on");
  });
});

describe("what is missing", () => {
  it("is told for each kind of plan", () => {
    expect(missing(EMPTY).map((each) => each.field)).toEqual(["name", "key", "flag"]);
    expect(missing(designed)).toEqual([]);
    const plan = (mode: "fixed" | "group") =>
      missing({ ...designed, plan: { ...designed.plan, mode } }).map((each) => each.field);
    expect(plan("fixed")).toEqual(["plan.planned_units"]);
    expect(plan("group")).toEqual(["plan.planned_units", "plan.planned_looks"]);
  });

  it("is a guardrail's margin, which nobody but a person can give", () => {
    const metrics = [{ metric: "latency", role: "guardrail", margin: null, marginKind: "relative" }] as const;
    expect(missing({ ...designed, metrics }).map((each) => each.field)).toEqual(["metrics"]);
  });
});

describe("documents", () => {
  it("leave out what a plan of this kind does not have", () => {
    const plan = { ...designed.plan, mode: "fixed", plannedUnits: 1000, plannedLooks: 5 } as const;
    expect(createBody({ ...designed, plan }, "production").plan).toMatchObject({
      mode: "fixed",
      planned_units: 1000,
      planned_looks: null,
    });
  });

  it("change only what was changed, and keep of the plan what has no control here", () => {
    const stored = {
      plan: { n_star: 700, boundary: null, covariates: ["revenue"], post_stratify_by: "country", bayes: null },
    } as unknown as Experiment;
    expect(patchBody(designed, { ...designed, traffic: 50 }, stored)).toEqual({ traffic: 50 });
    const after = { ...designed, plan: { ...designed.plan, minimumDays: 14 } };
    expect(patchBody(designed, after, stored).plan).toMatchObject({
      minimum_days: 14,
      n_star: 700,
      covariates: ["revenue"],
      post_stratify_by: "country",
    });
  });

  it("are told in words", () => {
    expect(changesInWords(designed, { ...designed, traffic: 50, metrics: [] })).toEqual(["traffic: 100 → 50"]);
  });
});

describe("keys", () => {
  it("are made of names", () => {
    expect(keyOf("  New Checkout, größer! ")).toBe("new-checkout-gro-er");
  });
});

describe("a layer", () => {
  const slots = (free: [number, number][]) =>
    ({
      owners: [{ experiment: "a", slot: { start: 0, end: 2000 } }],
      free: free.map(([start, end]) => ({ start, end })),
    }) as unknown as LayerSlots;

  it("gives the first free range that is large enough", () => {
    const found = rangesOf(
      slots([
        [2000, 3000],
        [5000, 10_000],
      ]),
      2500,
    );
    expect(found.map((each) => [each.key, each.start, each.end])).toEqual([
      ["a", 0, 2000],
      ["free 2000", 2000, 3000],
      ["wanted", 5000, 7500],
      ["free 5000", 7500, 10_000],
    ]);
  });

  it("has no place where nothing fits", () => {
    expect(rangesOf(slots([[2000, 3000]]), 2500).some((each) => each.key === "wanted")).toBe(false);
  });
});

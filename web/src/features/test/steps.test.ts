import { describe, expect, it } from "vitest";
import { answerOf, contextOf } from "./answer";
import { asTest } from "./as-test";
import { stepsOf, traceOf } from "./steps";

describe("steps as sentences", () => {
  it("tells what passed, failed, decided and was not reached", () => {
    const steps = stepsOf([
      { step: "enabled", result: "passed" },
      { step: "prerequisite", flag: "checkout", wanted: "on", result: "met", served: { variation: "on" } },
      { step: "targets", unit: "anna", result: "no target" },
      {
        step: "rule",
        index: 0,
        id: "r1",
        description: "testers",
        result: "not matched",
        if: {
          and: [
            { attribute: "country", operator: "in", value: ["DE"], actual: "US", present: true, matched: false },
            { segment: "staff", matched: null },
          ],
          matched: false,
        },
      },
      {
        step: "rule",
        index: 1,
        id: "r2",
        description: "",
        result: "matched",
        if: { attribute: "plan", operator: "exists", actual: "pro", present: true, matched: true },
        bucket: 1200,
        inputs: { key: "flag", unit: "anna", unit_attribute: "targetingKey" },
        ranges: [
          { variation: "on", from: 0, to: 1250 },
          { variation: "off", from: 1250, to: 10000 },
        ],
        variation: "on",
      },
      { step: "default", result: "not reached" },
    ]);
    expect(steps.map((each) => each.outcome)).toEqual([
      "passed",
      "passed",
      "failed",
      "failed",
      "decided",
      "not_reached",
    ]);
    expect(steps[2]?.sentence).toBe("No individual target is for anna.");
    expect(steps[3]?.sentence).toBe("Rule 1 (testers) doesn't match.");
    expect(steps[3]?.trace?.parts.map((each) => [each.words, each.matched, each.actual])).toEqual([
      ["country is one of DE", false, "US"],
      ["in segment staff", null, null],
    ]);
    expect(steps[4]?.sentence).toBe("Rule 2 matches: serves on by bucket 1,200.");
    expect(steps[4]?.rulers[0]?.ranges).toHaveLength(2);
  });

  it("tells each way that an experiment takes", () => {
    const [out, assigned] = stepsOf([
      {
        step: "experiment",
        experiment: "e",
        mode: "assigns",
        result: "outside its traffic",
        traffic: { below: 2000, bucket: 5000, inputs: { unit: "u", unit_attribute: "company" } },
      },
      {
        step: "experiment",
        experiment: "e",
        mode: "assigns",
        result: "taking part",
        assignment: { variation: "on", bucket: 1, ranges: [{ variation: "on", from: 0, to: 10000 }], inputs: {} },
      },
    ]);
    expect(out?.sentence).toBe("Experiment e: outside its traffic.");
    expect(out?.rulers[0]).toMatchObject({ label: "Traffic", bucket: 5000, by: "company" });
    expect(assigned?.sentence).toBe("Experiment e assigns on.");
  });

  it("says what a missing attribute was", () => {
    const missing = traceOf({ attribute: "a", operator: "eq", value: 1, actual: null, present: false, matched: false });
    expect(missing?.actual).toBe("missing");
  });
});

describe("what leads in and out", () => {
  it("reads contexts from addresses", () => {
    expect(contextOf("")).toEqual({});
    expect(contextOf('{"targetingKey": "u"}')).toEqual({ targetingKey: "u" });
    expect(contextOf("[1]")).toBeNull();
    expect(contextOf("{")).toBeNull();
  });

  it("writes a test that keeps what was seen", () => {
    const answer = answerOf({ value: true, variation: "on", reason: "SPLIT" });
    const python = asTest("Python", "new-checkout", { targetingKey: "u", beta: true, text: "it is true" }, answer);
    expect(python).toContain('user = {"key": "u", "attributes": {"beta":True,"text":"it is true"}}');
    expect(python).toContain('== ("on", "SPLIT")');
    expect(asTest("curl", "f", { targetingKey: "o'neill" }, answer)).toContain("o'\\''neill");
  });
});

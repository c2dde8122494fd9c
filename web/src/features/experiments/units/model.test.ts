import { describe, expect, it } from "vitest";
import { assignedOf, contextsOf, UNITS_MAX } from "./model";

describe("users that are pasted", () => {
  it("are keys or objects, one per line", () => {
    const { contexts, wrong } = contextsOf('anna\n\n {"targetingKey": "bert", "country": "DE"} \n{nothing');
    expect(contexts).toEqual([{ targetingKey: "anna" }, { targetingKey: "bert", country: "DE" }]);
    expect(wrong).toEqual(["{nothing"]);
  });

  it("are not more than are asked for at once", () => {
    expect(contextsOf(Array.from({ length: 80 }, (_, at) => `u${at}`).join("\n")).contexts).toHaveLength(UNITS_MAX);
  });
});

describe("an assignment", () => {
  it("tells who is in the experiment, and why", () => {
    const answer = {
      decision: { variation: "on", reason: "SPLIT", experiments: [{ key: "checkout-test", phase: 1 }] },
      steps: [{ step: "experiment", experiment: "checkout-test", result: "taking part" }],
    };
    expect(assignedOf(answer, "checkout-test", { targetingKey: "anna" })).toEqual({
      unit: "anna",
      variation: "on",
      inExperiment: true,
      reason: "taking part",
    });
    expect(assignedOf(answer, "another", { targetingKey: "anna" })).toMatchObject({
      inExperiment: false,
      reason: "SPLIT",
    });
  });
});

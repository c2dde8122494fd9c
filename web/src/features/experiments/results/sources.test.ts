import { describe, expect, it } from "vitest";
import { beyond, shownSlices, withNames } from "./sources";

describe("where a mismatch comes from", () => {
  it("tells the days with most of it in their order, and the rest by how much", () => {
    const slices = ["19", "23", "20", "28", "24", "21"].map((segment) => ({ segment }));
    expect(shownSlices("$day", slices).map((each) => each.segment)).toEqual(["19", "20", "23", "24", "28"]);
    expect(shownSlices("$sdk_key", slices).map((each) => each.segment)).toEqual(["19", "23", "20", "28", "24"]);
  });

  it("names keys as people do", () => {
    const names = new Map([["349bd7c7", "Web servers"]]);
    expect(withNames("It comes from SDK key 349bd7c7 alone.", names)).toBe(
      "It comes from SDK key “Web servers” alone.",
    );
  });

  it("says nothing twice", () => {
    expect(beyond("The shares differ. It comes from days.", ["Sound.", "The shares differ."])).toBe(
      "It comes from days.",
    );
    expect(beyond("The shares differ.", ["The shares differ."])).toBe("");
    expect(beyond("The shares differ.", [""])).toBe("The shares differ.");
  });
});

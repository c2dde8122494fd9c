import { describe, expect, it } from "vitest";
import {
  doubleKeys,
  draftOf,
  groupedUses,
  membershipOf,
  membershipWords,
  patchOf,
  type SegmentUse,
  touchedWords,
  whoWords,
} from "./model";

const use = (
  kind: string,
  key: string,
  environment: string | null,
  active = true,
  path: string[] = [],
): SegmentUse => ({
  kind,
  key,
  environment,
  active,
  path: path.map((each) => ({ kind: "segment", key: each })),
});

describe("what uses a segment", () => {
  it("is one line for each, with its environments", () => {
    const groups = groupedUses([
      use("flag", "checkout", "staging", false),
      use("flag", "checkout", "production"),
      use("flag", "checkout", "production", true, ["beta"]),
      use("segment", "beta", null),
    ]);
    expect(groups).toEqual([
      { kind: "flag", key: "checkout", environments: ["staging", "production"], active: true, through: [] },
      { kind: "flag", key: "checkout", environments: ["production"], active: true, through: ["segment beta"] },
      { kind: "segment", key: "beta", environments: [], active: true, through: [] },
    ]);
  });

  it("is counted in words, as far as it is served", () => {
    const uses = [
      use("flag", "a", "production"),
      use("flag", "a", "staging"),
      use("flag", "b", "staging"),
      use("experiment", "x", "staging"),
    ];
    expect(touchedWords(uses)).toBe("Touches 2 flags and 1 experiment, in production and staging.");
    expect(touchedWords([use("flag", "a", "production", false)])).toBe("Nothing that is served uses it now.");
  });
});

describe("membership", () => {
  it("is said with its reason", () => {
    const told = membershipOf({ member: true, reason: "included", because: "the key is included" });
    expect(told && membershipWords("anna", told)).toBe("anna is in it: the key is included.");
  });

  it("may not be known", () => {
    const told = membershipOf({ member: null, reason: "error", because: "country is missing" });
    expect(told && membershipWords("anna", told)).toBe("That can't be told of anna: country is missing.");
  });
});

it("sends what differs alone", () => {
  const before = { name: "Beta", description: "", tags: [], owner: null, included: ["a"], excluded: [], if: null };
  const condition = { attribute: "plan", operator: "eq", value: "pro" };
  const after = { ...draftOf(before), included: ["a", "b"], if: condition };
  expect(patchOf(before, after)).toEqual({ included: ["a", "b"], if: condition });
  expect(patchOf(before, draftOf(before))).toEqual({});
});

it("finds keys in both lists", () => {
  expect(doubleKeys({ included: ["a", "b"], excluded: ["b"] })).toEqual(["b"]);
});

it("says in a row of the list who is in it", () => {
  const none = { included: [], excluded: [], if: null, long_list: null };
  const country = { attribute: "country", operator: "in", value: ["DE", "FR"] };
  expect(whoWords(none)).toBe("Nobody");
  expect(whoWords({ ...none, if: { and: [country, { segment: "beta" }] } })).toBe(
    "country is one of DE, FR and in segment beta",
  );
  expect(whoWords({ included: ["a"], excluded: ["b"], if: country, long_list: { included: 1999, excluded: 0 } })).toBe(
    "2,000 listed keys, or country is one of DE, FR; but not 1 excluded key",
  );
});

import { describe, expect, it } from "vitest";
import {
  addsUp,
  type Condition,
  completed,
  differenceInWords,
  evenly,
  hintsOfCondition,
  hintsOfRules,
  inWords,
  isBlank,
  literalFor,
  literalOf,
  movedTo,
  moversInWords,
  moversOf,
  partAt,
  pasted,
  pathAt,
  replacedAt,
  sentenceOf,
  servedInWords,
  shownLiteral,
  together,
  truthOf,
  valueAt,
  withBorder,
  withShare,
} from ".";

const country: Condition = { attribute: "country", operator: "in", value: ["DE", "FR"] };
const staff: Condition = { segment: "staff" };

describe("sentences", () => {
  it("read as one would say them", () => {
    expect(inWords({ and: [country, { not: staff }] })).toBe("country is one of DE, FR and not in segment staff");
    expect(inWords({ or: [{ and: [country, staff] }, { attribute: "plan", operator: "exists" }] })).toBe(
      "(country is one of DE, FR and in segment staff) or plan is present",
    );
    expect(inWords({ not: { attribute: "plan", operator: "eq", value: "free" } })).toBe("not (plan is free)");
  });

  it("show where a text could be taken for something else", () => {
    expect(shownLiteral("5")).toBe("“5”");
    expect(shownLiteral(5)).toBe("5");
    expect(shownLiteral("")).toBe("“”");
    expect(shownLiteral(["a", "b", "c", "d", "e", "f", "g"])).toBe("a, b, c, d, e and 2 more");
  });

  it("name places as errors do", () => {
    const condition: Condition = { and: [country, { not: { or: [staff, country] } }] };
    const paths = sentenceOf(condition, "rules[0].if").flatMap((part) => ("path" in part ? [part.path] : []));
    expect(paths).toContain("rules[0].if.and[1].not.or[1].value");
    expect(pathAt("rules[0].if", condition, [1, "not", 1])).toBe("rules[0].if.and[1].not.or[1]");
    expect(partAt(condition, [1, "not", 1])).toEqual(country);
    expect(replacedAt(condition, [1, "not", 0], null)).toEqual({ and: [country, { not: { or: [country] } }] });
    expect(replacedAt({ and: [{ not: staff }] }, [0, "not"], null)).toBeNull();
  });
});

describe("what is served", () => {
  const split = (on: number, by?: string) => ({
    rollout: {
      variations: [
        { key: "on", weight: on },
        { key: "off", weight: 100 - on },
      ],
      ...(by === undefined ? {} : { bucket_by: by }),
    },
  });

  it("in words", () => {
    expect(servedInWords(split(12.5))).toBe("on to 12.5% and off to the rest, by targeting key");
    expect(servedInWords(split(12.5), undefined, "on")).toBe("off to 87.5% and on to the rest, by targeting key");
    expect(servedInWords(split(100))).toBe("on");
    expect(servedInWords(split(50, "company"))).toBe("on to 50% and off to the rest, by company");
  });

  it("says who moves", () => {
    expect(moversInWords(moversOf(split(10), split(25)))).toBe(
      "1,500 of 10,000 buckets move from off to on; nobody loses on",
    );
    expect(moversInWords(moversOf(split(25), split(10)))).toBe(
      "1,500 of 10,000 buckets move from on to off; nobody loses off",
    );
    expect(moversInWords(moversOf(split(25), split(25)))).toBe("Nobody moves");
    expect(moversOf(split(25), split(25, "company")).redrawn).toBe(true);
    expect(moversOf({ variation: "off" }, split(25, "company")).redrawn).toBe(false);
    const reversed = {
      rollout: {
        variations: [
          { key: "off", weight: 50 },
          { key: "on", weight: 50 },
        ],
      },
    };
    expect(moversInWords(moversOf(split(50), reversed))).toContain("5,000 lose off, 5,000 lose on");
  });

  it("always adds up", () => {
    const three = evenly(["a", "b", "c"]);
    expect(three.map((share) => share.weight)).toEqual([33.34, 33.33, 33.33]);
    for (const changed of [
      withShare(three, 0, 99.99),
      withShare(three, 2, 0),
      withShare(three, 1, 150),
      withBorder(three, 1, 10_000),
    ])
      expect(addsUp(changed)).toBe(true);
    expect(withShare(three, 0, 50).map((share) => share.weight)).toEqual([50, 16.67, 33.33]);
    expect(withBorder(three, 0, 1000).map((share) => share.weight)).toEqual([10, 56.67, 33.33]);
    expect(completed([{ key: "b", weight: 100 }], ["a", "b"])).toEqual([
      { key: "b", weight: 100 },
      { key: "a", weight: 0 },
    ]);
  });
});

describe("hints", () => {
  const codes = (condition: Condition, known = {}) => hintsOfCondition(condition, known).map((hint) => hint.code);
  const seen = [
    { name: "country", types: ["string" as const], share: 1 },
    { name: "age", types: ["number" as const], share: 0.4 },
  ];

  it("tell “is not” from “not is”", () => {
    expect(codes({ attribute: "plan", operator: "ne", value: "free" })).toEqual(["missing_fails"]);
    expect(codes({ not: { attribute: "plan", operator: "eq", value: "free" } })).toEqual(["missing_passes"]);
    expect(codes({ attribute: "country", operator: "ne", value: "DE" }, { attributes: seen })).toEqual([]);
  });

  it("tell empty lists, unseen attributes, other types, lost segments", () => {
    expect(codes({ attribute: "country", operator: "in", value: [] })).toEqual(["empty_list"]);
    expect(
      hintsOfCondition({ attribute: "Country", operator: "eq", value: "DE" }, { attributes: seen })[0]?.text,
    ).toContain("Did you mean country?");
    expect(codes({ attribute: "age", operator: "starts_with", value: "1" }, { attributes: seen })).toEqual([
      "other_type",
    ]);
    expect(codes(staff, { segments: ["beta"] })).toEqual(["no_segment"]);
  });

  it("tell rules that nobody comes to", () => {
    const rule = (condition: Condition, then = { variation: "on" }) => ({ description: "", if: condition, then });
    const everybody: Condition = { or: [staff, { not: staff }] };
    expect(truthOf(everybody)).toBe(true);
    expect(truthOf({ and: [country, { attribute: "a", operator: "in", value: [] }] })).toBe(false);
    expect(truthOf(country)).toBeNull();
    const behind = (rules: Parameters<typeof hintsOfRules>[0]) =>
      hintsOfRules(rules)
        .filter((hint) => hint.code === "never_reached")
        .map((hint) => hint.path);
    expect(behind([rule(everybody), rule(country)])).toEqual(["rules[1].if"]);
    expect(behind([rule(staff), rule({ and: [country, staff] })])).toEqual(["rules[1].if"]);
    expect(behind([rule({ and: [country, staff] }), rule(staff)])).toEqual([]);
    const split = {
      rollout: {
        variations: [
          { key: "on", weight: 50 },
          { key: "off", weight: 50 },
        ],
        bucket_by: "company",
      },
    };
    expect(behind([{ description: "", if: everybody, then: split }, rule(country)])).toEqual([]);
  });
});

describe("paths of errors", () => {
  it("lead to what stands there", () => {
    const settings = { rules: [{ if: { and: [country, { not: { attribute: "a", operator: "eq", value: "" } }] } }] };
    expect(valueAt(settings, "rules[0].if.and[0].value[1]")).toBe("FR");
    expect(isBlank(valueAt(settings, "rules[0].if.and[1].not.value"))).toBe(true);
    expect(valueAt(settings, "rules[3].if")).toBeUndefined();
  });
});

describe("what people type", () => {
  it("lists by lines or commas, without quotes and doubles", () => {
    expect(pasted("DE\nFR\r\n \nUS")).toEqual(["DE", "FR", "US"]);
    expect(pasted('"DE", "FR"; US')).toEqual(["DE", "FR", "US"]);
    expect(pasted("Doe, Jane\nRoe, Max")).toEqual(["Doe, Jane", "Roe, Max"]);
    expect(together(["DE", 1], ["DE", "1", 1])).toEqual(["DE", 1, "1"]);
  });

  it("keeps of a literal what the next operator takes", () => {
    expect(literalFor("in", "DE")).toEqual(["DE"]);
    expect(literalFor("eq", ["DE", "FR"])).toBe("DE");
    expect(literalFor("gt", "18")).toBe(18);
    expect(literalFor("exists", "DE")).toBeUndefined();
    expect(literalOf("1e3", "number")).toBe(1000);
    expect(literalOf("x", "number")).toBeUndefined();
  });
});

describe("the difference in words", () => {
  it("of settings", () => {
    const rule = { id: "r1", description: "", if: country, then: { variation: "on" } };
    const other = { id: "r2", description: "", if: staff, then: { variation: "off" } };
    const before = { enabled: false, rules: [rule, other], default: { variation: "off" }, version: 3 };
    const split = {
      rollout: {
        variations: [
          { key: "on", weight: 25 },
          { key: "off", weight: 75 },
        ],
      },
    };
    const after = {
      enabled: true,
      rules: [other, { ...rule, if: { and: [country, staff] } }],
      default: split,
      version: 4,
    };
    expect(differenceInWords(before, after)).toEqual([
      "Turn on",
      "Rule 2: condition: “country is one of DE, FR” becomes “country is one of DE, FR and in segment staff”",
      "Rules stand in another order",
      "Default: serves on to 25% and off to the rest, by targeting key instead of off. 2,500 of 10,000 buckets move from off to on; nobody loses on",
    ]);
    expect(differenceInWords(before, { ...before, rules: [rule] })).toEqual([
      "Remove rule 2: if in segment staff, serve off",
    ]);
    expect(differenceInWords({ included: ["a"] }, { included: ["b"] })).toEqual([
      "Add to included: b",
      "Remove from included: a",
    ]);
    expect(differenceInWords(before, before)).toEqual([]);
    expect(differenceInWords(null, before)).toEqual(["Created"]);
  });

  it("of rules that have no id on a side, by what they say and by their place", () => {
    const share = (weight: number) => ({
      rollout: {
        variations: [
          { key: "on", weight },
          { key: "off", weight: 100 - weight },
        ],
      },
    });
    const first = { id: "r1", description: "", if: country, then: share(60) };
    const second = { id: "r2", description: "", if: staff, then: { variation: "off" } };
    const bare = ({ id: _, ...rest }: typeof first | typeof second) => rest;
    expect(differenceInWords({ rules: [first, second] }, { rules: [bare(first), bare(second)] })).toEqual([]);
    expect(
      differenceInWords({ rules: [first, second] }, { rules: [{ ...bare(first), then: share(80) }, bare(second)] }),
    ).toEqual([
      "Rule 1: serves on to 80% and off to the rest, by targeting key instead of on to 60% and off to the rest, by targeting key. 2,000 of 10,000 buckets move from off to on; nobody loses on",
    ]);
    expect(differenceInWords({ rules: [first] }, { rules: [{ ...first, then: share(80) }] }, "on")).toEqual([
      "Rule 1: serves off to 20% and on to the rest, by targeting key instead of off to 40% and on to the rest, by targeting key. 2,000 of 10,000 buckets move from off to on; nobody loses on",
    ]);
    const added = { description: "", if: { and: [country, staff] }, then: { variation: "on" } };
    expect(differenceInWords({ rules: [first, second] }, { rules: [added, bare(first), bare(second)] })).toEqual([
      "Add rule 1: if country is one of DE, FR and in segment staff, serve on",
    ]);
    expect(differenceInWords({ rules: [first, second] }, { rules: [bare(second)] })).toEqual([
      "Remove rule 1: if country is one of DE, FR, serve on to 60% and off to the rest, by targeting key",
    ]);
    expect(differenceInWords({ rules: [first] }, { rules: [{ ...second, id: "r9" }] })).toEqual([
      "Add rule 1: if in segment staff, serve off",
      "Remove rule 1: if country is one of DE, FR, serve on to 60% and off to the rest, by targeting key",
    ]);
  });

  it("moves elements", () => {
    expect(movedTo(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
    expect(movedTo(["a", "b"], 0, 9)).toEqual(["b", "a"]);
  });
});

import { describe, expect, it } from "vitest";
import { ownPaths } from "@/components/reviewing/problems";
import { type Merged, merged as mergedBy } from "@/lib/merge";
import type { Rule } from "@/lib/rules";
import { draftFromJson, draftOf, PARTS, patchOf, type SettingsDraft, wordsOf } from "./model";
import { LANGUAGES, snippet } from "./snippets";

const rule = (id: string | undefined, country: string): Rule => ({
  ...(id === undefined ? {} : { id }),
  description: "",
  if: { attribute: "country", operator: "eq", value: country },
  then: { variation: "on" },
});

const base: SettingsDraft = {
  prerequisites: [],
  targets: [],
  rules: [rule("a", "DE"), rule("b", "FR")],
  default: null,
  off_variation: null,
  report_exposures: false,
  exposure_attributes: [],
};

const merged = (base: SettingsDraft, mine: SettingsDraft, theirs: SettingsDraft): Merged<SettingsDraft> =>
  mergedBy(base, mine, theirs, PARTS);

const ids = (draft: SettingsDraft) => draft.rules.map((each) => each.id ?? "new");

describe("two drafts", () => {
  it("both stand where they changed other things", () => {
    const mine = { ...base, rules: [rule("a", "AT"), rule("b", "FR")] };
    const theirs = { ...base, report_exposures: true, rules: [rule("a", "DE"), rule("b", "BE")] };
    const { draft, conflicts } = merged(base, mine, theirs);
    expect(conflicts).toEqual([]);
    expect(draft.report_exposures).toBe(true);
    expect(draft.rules).toEqual([rule("a", "AT"), rule("b", "BE")]);
  });

  it("ask where both changed the same rule, and where one took it away", () => {
    const mine = { ...base, rules: [rule("a", "AT"), rule("b", "LU")] };
    const theirs = { ...base, rules: [rule("a", "CH")] };
    const { draft, conflicts } = merged(base, mine, theirs);
    expect(conflicts.map((each) => each.path)).toEqual(["rules[a]", "rules[b]"]);
    const chosen = conflicts.reduce((all, each) => each.choose(all, "mine"), draft);
    expect(chosen.rules).toEqual([rule("a", "AT"), rule("b", "LU")]);
    expect(conflicts.reduce((all, each) => each.choose(all, "theirs"), draft).rules).toEqual([rule("a", "CH")]);
  });

  it("keep new rules where they stood, and an order that one side changed", () => {
    const mine = { ...base, rules: [rule("a", "DE"), rule(undefined, "IT"), rule("b", "FR")] };
    const theirs = { ...base, rules: [rule("a", "CH"), rule("b", "FR"), rule("c", "ES")] };
    expect(ids(merged(base, mine, theirs).draft)).toEqual(["a", "new", "b", "c"]);
    const turned = { ...base, rules: [rule("b", "FR"), rule("a", "DE")] };
    expect(ids(merged(base, turned, { ...base, rules: [rule("a", "CH"), rule("b", "FR")] }).draft)).toEqual(["b", "a"]);
  });

  it("conflict in other fields, each by itself", () => {
    const { conflicts } = merged(base, { ...base, off_variation: "on" }, { ...base, off_variation: "off" });
    expect(conflicts.map((each) => each.title)).toEqual(["off variation"]);
  });
});

describe("drafts", () => {
  it("send what changed alone", () => {
    const after = { ...base, default: { variation: "on" } };
    expect(patchOf(base, after)).toEqual({ default: { variation: "on" } });
    expect(wordsOf(base, after, { default: { variation: "off" }, off_variation: "off" })).toEqual([
      "Default: serves on instead of off. 10,000 of 10,000 buckets move from off to on; nobody loses on",
      "The default is this environment's own",
    ]);
  });

  it("are read from what is stored, and from JSON", () => {
    const stored = {
      ...base,
      default: { variation: "off" },
      off_variation: "off",
      inherited: ["default", "off_variation"],
    };
    expect(draftOf(stored)).toEqual(base);
    expect(draftOf({ ...stored, rules: [{ field: "a" }] })).toBeNull();
    expect(draftFromJson(JSON.stringify(base), base)).toEqual(base);
    expect(draftFromJson('{"rulez": []}', base)).toBe("There is no rulez here");
    expect(typeof draftFromJson("{", base)).toBe("string");
  });

  it("know the paths of edits as their own", () => {
    expect(ownPaths([{ field: "edits[0].document.rules[0].if.value" }])).toEqual([{ field: "rules[0].if.value" }]);
  });
});

describe("snippets", () => {
  it.each(LANGUAGES)("%s names the flag, whatever its type", (language) => {
    for (const [type, fallback] of [
      ["boolean", false],
      ["string", "blue"],
      ["object", { a: true }],
    ] as const)
      expect(snippet(language, { key: "new-checkout", type, fallback })).toContain("new-checkout");
  });
});

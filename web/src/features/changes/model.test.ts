import { describe, expect, it } from "vitest";
import { approvalWords, editTitle, editWords, impactSentence, possible, rebased, standing } from "./model";
import type { ChangeRequest, Edit, MeasuredImpact } from "./queries";

const anna = { kind: "user", id: "a", name: "anna@example.com" };
const edit: Edit = {
  entity: "flag_settings",
  key: "checkout",
  environment: "production",
  action: "update",
  document: { enabled: true },
  base_version: 4,
  environments: ["production"],
  difference: { words: ["enabled: false → true"], patch: [] },
  collisions: [],
};
const change: ChangeRequest = {
  number: 7,
  title: "Checkout for all",
  state: "open",
  author: anna,
  environments: ["production"],
  edits_count: 1,
  approved: false,
  scheduled_at: null,
  failure: null,
  version: 3,
  created_at: "2026-01-05T10:00:00Z",
  updated_at: "2026-01-05T10:00:00Z",
  description: "",
  revision: 1,
  edits: [edit],
  approvals: [],
  scheduled_by: null,
  ended_at: null,
  ended_by: null,
  impacts: [],
  bypassed: false,
  environment_versions: {},
};

describe("what a request says", () => {
  it("names an edit by verb, entity and environment", () => {
    expect(editTitle(edit)).toBe("Change flag checkout in production");
    expect(editTitle({ ...edit, entity: "experiment", action: "start", environment: null })).toBe(
      "Start experiment checkout",
    );
  });

  it("counts approvals against the rule of each environment", () => {
    const needed = {
      environment: "production",
      needed: 2,
      reviewer_right: "change:review",
      approved_by: [anna],
      missing: 1,
      changed_percent: null,
    };
    expect(approvalWords([needed])).toBe("production: 1 of 2 approvals");
    expect(approvalWords([{ ...needed, missing: 0 }])).toBe("Approved");
    expect(approvalWords([{ ...needed, needed: 0, missing: 0 }])).toBe("Needs no approval");
  });

  it("says what an open request waits for", () => {
    expect(standing(change).label).toBe("In review");
    expect(standing({ ...change, approved: true }).label).toBe("Ready to apply");
    const failure = { at: "2026-01-05T10:00:00Z", code: "collision", detail: "…" };
    expect(standing({ ...change, failure }).label).toBe("Could not be applied");
  });
});

describe("rebasing", () => {
  const collides = { ...edit, collisions: ["default"] };

  it("lays what is kept over what stands now, and keeps the base of the rest", () => {
    const edits = [collides, { ...edit, key: "other" }];
    expect(rebased(edits, { 0: "mine" })).toEqual([
      {
        entity: "flag_settings",
        key: "checkout",
        environment: "production",
        action: "update",
        document: { enabled: true },
      },
      {
        entity: "flag_settings",
        key: "other",
        environment: "production",
        action: "update",
        document: { enabled: true },
        base_version: 4,
      },
    ]);
  });

  it("leaves out what is given up", () => {
    expect(rebased([collides], { 0: "leave" })).toEqual([]);
  });

  it("comes before applying", () => {
    expect(possible({ ...change, approved: true }, "b").apply).toBe(true);
    expect(possible({ ...change, approved: true, edits: [collides] }, "b").apply).toBe(false);
  });
});

describe("impact", () => {
  const counted = {
    environment: "production",
    revision: 1,
    measured_at: "2026-01-05T10:00:00Z",
    changed_percent: 6.2,
    unavailable: null,
    impact: {
      config_version: 4,
      since: "2026-01-01T00:00:00Z",
      units: 20_000,
      units_estimated: 20_000,
      pseudonymised: false,
      changed: 1240,
      changed_share: { percent: 6.2, lower: 5.9, upper: 6.5 },
      unknown: 0,
      flags: [],
      flags_left_out: 0,
      segments: [],
      experiments: [],
      examples: null,
    },
  } satisfies MeasuredImpact;

  it("is said with its interval", () => {
    expect(impactSentence(counted)).toBe(
      "1,240 of 20,000 recent units (6.2%, between 5.9% and 6.5%) get something else",
    );
  });

  it("says of whom nothing is known, and when nobody was seen", () => {
    expect(impactSentence({ ...counted, impact: { ...counted.impact, unknown: 12 } })).toContain(
      "of 12 it can't be told",
    );
    expect(impactSentence({ ...counted, impact: { ...counted.impact, units: 0 } })).toContain(
      "No unit was seen lately",
    );
    expect(
      impactSentence({ ...counted, impact: null, unavailable: { code: "x", detail: "analytics did not answer" } }),
    ).toBe("analytics did not answer");
  });
});

describe("what an edit does", () => {
  const rule = (country: string) => ({
    id: "rule-1",
    if: { attribute: "country", operator: "eq", value: country },
    then: { variation: "on" },
  });

  it("is told in sentences about what stood", () => {
    const words = editWords({ ...edit, document: { rules: [rule("NL")] } }, { enabled: true, rules: [rule("DE")] });
    expect(words.join(" ")).toMatch(/country is .*NL/);
    expect(words.join(" ")).not.toContain("{");
  });

  it("tells a switch without what stood, unless it stands so already", () => {
    expect(editWords(edit, null)).toEqual(["Turn on"]);
    expect(editWords({ ...edit, document: { enabled: false } }, null)).toEqual(["Turn off"]);
    expect(editWords({ ...edit, difference: { words: [], patch: [] } }, null)).toEqual([]);
  });

  it("has the service's words without that, and where a field is taken back", () => {
    const shares = { ...edit, document: { default: { variation: "on" } } };
    expect(editWords(shares, null)).toEqual(edit.difference.words);
    expect(editWords({ ...edit, document: { default: null } }, { default: { variation: "on" } })).toEqual(
      edit.difference.words,
    );
  });
});

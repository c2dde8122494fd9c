import { expect, it } from "vitest";
import { bytes, policyWords, quotaName, quotaWords, ruleWords } from "./model";

it("says who has to agree", () => {
  const policy = {
    required: true,
    people: 2,
    reviewer_right: "change:review",
    own_approvals: false,
    edits_void_approvals: true,
  };
  expect(policyWords(policy)).toBe(
    "2 people with change:review must approve a change; its author may not. New edits need new approvals. Switching off, stopping and archiving never wait.",
  );
  expect(policyWords({ ...policy, required: false })).toBe("Changes are made at once: nobody has to agree.");
});

it.each([
  [{ people: 2, changed_percent: 5 }, "2 people for any change, where more than 5% of units may get something else"],
  [{ people: 0, entities: ["metric" as const] }, "Nobody for changing metrics"],
  [
    { people: 1, entities: ["flag_settings" as const], actions: ["update" as const] },
    "1 person for changing flag settings",
  ],
])("%o", (rule, words) => {
  expect(ruleWords(rule)).toBe(words);
});

it("counts bytes as bytes, and the rest as things", () => {
  expect(bytes(64 * 1024 * 1024)).toBe("64 MiB");
  const quota = {
    quota: "environment_bytes" as const,
    holder: "environment" as const,
    environment: "production",
    limit: 67_108_864,
    used: 1536,
    share: 0.00002,
  };
  expect(quotaWords(quota)).toBe("1.5 KiB of 64 MiB");
  expect(quotaName(quota)).toBe("Environment size in production");
  expect(quotaWords({ ...quota, quota: "flags", used: 30, limit: 50_000 })).toBe("30 of 50,000");
});

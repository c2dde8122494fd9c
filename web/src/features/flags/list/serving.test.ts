import { expect, it } from "vitest";
import { type Serves, servedWords } from "./serving";

const all = (variation: string) => [{ variation, weight: 100 }];
const split = [
  { variation: "on", weight: 12.5 },
  { variation: "off", weight: 87.5 },
];
const serves = (part: Partial<Serves>): Serves => ({
  kind: "one",
  shares: all("on"),
  rules: 0,
  targets: 0,
  rule: null,
  ...part,
});
const rule = (condition: unknown, shares: Serves["shares"]) => ({
  kind: "rules" as const,
  rules: 1,
  shares: all("off"),
  rule: { if: condition, shares },
});

it.each([
  [serves({ kind: "off", shares: all("off") }), "off"],
  [serves({}), "on for everybody"],
  [serves({ targets: 2 }), "on for everybody; 2 targets"],
  [serves({ kind: "split", shares: split }), "on for 12.5%, off for 87.5%"],
  [serves(rule({ segment: "beta" }, split)), "on for 12.5% of beta, else off"],
  [serves({ kind: "split", shares: split.toReversed() }), "on for 12.5%, off for 87.5%"],
  [serves(rule({ segment: "beta" }, split.toReversed())), "on for 12.5% of beta, else off"],
  [serves({ kind: "rules", rules: 3, shares: all("off") }), "3 rules, else off"],
  [serves(rule({ strange: 1 }, all("on"))), "on for some, else off"],
])("%j", (given, words) => expect(servedWords(given, "off")).toBe(words));

it("cuts a long condition", () => {
  const long = { attribute: "country", operator: "in", value: Array.from({ length: 50 }, (_, index) => `C${index}`) };
  expect(servedWords(serves(rule(long, all("on"))), "off").length).toBeLessThan(110);
});

import { describe, expect, it } from "vitest";
import { KEY, keyFromName } from "@/lib/entityKey";
import { FIRST_VARIATIONS, type FlagType, typedValue } from "./variations";

const VALUES: [FlagType, string, unknown][] = [
  ["boolean", " true ", true],
  ["string", " as typed ", " as typed "],
  ["string", "", ""],
  ["integer", "-3", -3],
  ["number", "1e-3", 0.001],
  ["object", "[1]", [1]],
];
const WRONG: [FlagType, string][] = [
  ["boolean", "yes"],
  ["integer", "1.5"],
  ["integer", ""],
  ["integer", "9007199254740993"],
  ["number", "Infinity"],
  ["number", "  "],
  ["object", "5"],
  ["object", "{"],
  ["object", "null"],
];

describe("values of variations", () => {
  it.each(VALUES)("of a %s flag, %j is taken", (type, text, value) =>
    expect(typedValue(type, text)).toEqual({ value }),
  );
  it.each(WRONG)("of a %s flag, %j is refused", (type, text) => expect(typedValue(type, text)).toHaveProperty("wrong"));

  it("that a new flag begins with are all right", () => {
    for (const [type, variations] of Object.entries(FIRST_VARIATIONS))
      for (const each of variations) expect(typedValue(type as FlagType, each.value)).toHaveProperty("value");
  });
});

it.each([
  ["New checkout", "new-checkout"],
  ["  Größe: Über 5 €! ", "grosse-uber-5"],
  ["_hidden", "hidden"],
  ["v2.1_beta", "v2.1_beta"],
  ["💥", ""],
])("the key of %j is %j", (name, key) => {
  expect(keyFromName(name)).toBe(key);
  if (key !== "") expect(key).toMatch(KEY);
});

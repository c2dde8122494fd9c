import { expect, it } from "vitest";
import { brokenBySchema, overridden, patchWords, settingsPatch, valueWords } from "./model";

const VALUE = { retries: 3, theme: "light", texts: { pay: "Pay now", back: "Back" } };

it("says what an override changes", () => {
  const patch = { theme: "dark", texts: { back: null }, limit: 5 };
  expect(patchWords(VALUE, patch)).toEqual(['theme from "light" to "dark"', "texts.back is taken away", "limit is 5"]);
  expect(overridden(VALUE, { value: patch })).toEqual({
    retries: 3,
    theme: "dark",
    texts: { pay: "Pay now" },
    limit: 5,
  });
});

it("says what lies between two values", () => {
  const after = { retries: 4, texts: { pay: "Pay now" }, list: [1] };
  expect(valueWords(VALUE, after)).toEqual([
    "retries from 3 to 4",
    "theme is taken away",
    "texts.back is taken away",
    "list is new: [1]",
  ]);
  expect(valueWords(VALUE, VALUE)).toEqual([]);
});

it("sends what differs alone", () => {
  const before = {
    value: null,
    resolve: "first" as const,
    overrides: [{ id: "a", if: { segment: "beta" }, value: { theme: "dark" } }],
  };
  expect(settingsPatch(before, structuredClone(before))).toEqual({});
  expect(settingsPatch(before, { ...before, value: VALUE, resolve: "merge" })).toEqual({
    value: VALUE,
    resolve: "merge",
  });
  expect(settingsPatch(before, { ...before, overrides: [] })).toEqual({ overrides: [] });
});

it("names what a schema would break", () => {
  const fields = [
    {
      field: "schema",
      code: "needed_in_environment",
      message: "staging needs it: value/retries: must be at most 9, not 12",
    },
    { field: "schema/properties/a", code: "invalid_schema", message: "is no schema" },
  ];
  expect(brokenBySchema(fields)).toEqual(["staging needs it: value/retries: must be at most 9, not 12"]);
});

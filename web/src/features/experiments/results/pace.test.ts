import { expect, test } from "vitest";
import { restAfter } from "./pace";

test.each([
  { took: undefined, rest: 5_000 },
  { took: 20, rest: 5_000 },
  { took: 1_000, rest: 20_000 },
  { took: 9_000, rest: 60_000 },
])("results that took $took ms are asked for again after $rest ms", ({ took, rest }) => {
  expect(restAfter(took)).toBe(rest);
});

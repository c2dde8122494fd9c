import { expect, it } from "vitest";
import { columnsFrom, toggled } from "./columns";

const ENVIRONMENTS = ["dev", "test", "staging", "production"].map((key) => ({ key }));

it("shows the last three environments at first", () => {
  expect(columnsFrom(null, ENVIRONMENTS).environments).toEqual(["test", "staging", "production"]);
});

it("keeps what was chosen, as far as it is there, in its order", () => {
  const kept = { environments: ["production", "gone", "dev"], shown: ["type", "usage", "nothing"] };
  expect(columnsFrom(kept, ENVIRONMENTS)).toEqual({ environments: ["dev", "production"], shown: ["usage", "type"] });
});

it.each([5, "x", [], { environments: 5, shown: {} }])("passes over %j in the store", (kept) => {
  expect(columnsFrom(kept, ENVIRONMENTS).shown).toContain("usage");
});

it("adds and takes away in order", () => {
  expect(toggled(["c"], "a", ["a", "b", "c"])).toEqual(["a", "c"]);
  expect(toggled(["a", "c"], "c", ["a", "b", "c"])).toEqual(["a"]);
});

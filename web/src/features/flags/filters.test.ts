import { describe, expect, it } from "vitest";
import { changedSince, flagSearch, isNarrowed, listParameters, NO_FILTER } from "./filters";

const NOW = new Date("2026-03-31T10:20:30Z");

describe("the filters of the list", () => {
  it("ask for nothing when nothing is chosen", () => {
    const search = flagSearch.parse({});
    expect(listParameters(search, "production", NOW)).toEqual({ sort: "key" });
    expect(isNarrowed(search)).toBe(false);
  });

  it("name an environment where a state is asked for", () => {
    expect(listParameters(flagSearch.parse({ state: "on" }), "production", NOW)).toMatchObject({
      state: "on",
      environment: "production",
    });
    expect(listParameters(flagSearch.parse({ state: "off", in: "staging" }), "production", NOW)).toMatchObject({
      environment: "staging",
    });
  });

  it("look for a lifecycle where the page is, or where its state is looked for", () => {
    expect(listParameters(flagSearch.parse({ lifecycle: "stale" }), "production", NOW)).toEqual({
      sort: "key",
      lifecycle: "stale",
      environment: "production",
    });
    const both = flagSearch.parse({ lifecycle: "stale", state: "on", in: "dev" });
    expect(listParameters(both, "production", NOW)).toMatchObject({ environment: "dev" });
  });

  it("tell since when by the hour", () => {
    expect(changedSince("30d", NOW)).toBe("2026-03-01T10:00:00.000Z");
    expect(changedSince(undefined, NOW)).toBeUndefined();
  });

  it("are all taken back together", () => {
    const search = flagSearch.parse({
      q: "a",
      state: "on",
      in: "dev",
      type: "string",
      tag: "t",
      owner: "o",
      purpose: "release",
      lifecycle: "overdue",
      changed: "1d",
      archived: "only",
      sort: "-name",
    });
    expect(isNarrowed(search)).toBe(true);
    expect(isNarrowed({ ...search, ...NO_FILTER })).toBe(false);
  });
});

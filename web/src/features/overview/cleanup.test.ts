import { expect, test } from "vitest";
import { leftovers, type Standing } from "./cleanup";

const standing = (
  flag: string,
  states: Readonly<Record<string, Standing["environments"][number]["state"]>>,
): Standing => ({
  flag,
  name: "",
  owner: null,
  tags: [],
  archived: false,
  purpose: "release",
  expected_end: null,
  environments: Object.entries(states).map(([environment, state]) => ({
    environment,
    state,
    reason: "",
    detail: `${state} in ${environment}`,
    last_named_at: null,
    last_bulk_at: null,
    last_sdk: null,
    variations: {},
  })),
});

test("what can go here comes first by its state, with the reason of this environment", () => {
  const found = [
    standing("banner", { production: "launched", staging: "stale" }),
    standing("old", { production: "stale" }),
    standing("used", { production: "live" }),
  ];
  expect(leftovers(found, "production")).toEqual([
    { flag: "old", name: "old", state: "stale", why: "stale in production" },
    { flag: "banner", name: "banner", state: "launched", why: "launched in production" },
  ]);
});

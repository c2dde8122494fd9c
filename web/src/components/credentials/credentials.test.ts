import { expect, it } from "vitest";
import { endOf } from "./lifetimes";
import { rolesUpTo } from "./roles";
import { entitled, inForce, inOrder, standing } from "./standing";

const now = Date.parse("2026-01-05T10:00:00Z");

it.each([
  [null, null, "in force"],
  ["2026-01-06T10:00:00Z", null, "ends"],
  ["2026-01-05T09:59:59Z", null, "ended"],
  ["2026-01-06T10:00:00Z", "2026-01-01T00:00:00Z", "revoked"],
] as const)("expires %s, revoked %s: %s", (expires_at, revoked_at, said) => {
  expect(standing({ expires_at, revoked_at }, now)).toBe(said);
  expect(inForce({ expires_at, revoked_at }, now)).toBe(said === "in force" || said === "ends");
});

it("lists what works before what doesn't", () => {
  const row = (id: string, created_at: string, revoked_at: string | null) => ({
    id,
    created_at,
    revoked_at,
    expires_at: null,
  });
  const rows = [
    row("old", "2025-01-01", null),
    row("gone", "2026-01-04", "2026-01-05"),
    row("new", "2026-01-03", null),
  ];
  expect(inOrder(rows, now).map((each) => each.id)).toEqual(["new", "old", "gone"]);
});

it("tells a key from its successor of the same name", () => {
  expect(entitled({ name: "Backend", hint: "9Y0A" })).toBe("Backend, ending in 9Y0A");
});

it("ends after days, or never", () => {
  expect(endOf("30", now)).toBe("2026-02-04T10:00:00.000Z");
  expect(endOf("never", now)).toBeNull();
});

it("offers no role that gives more than one has", () => {
  expect(rolesUpTo("analyst")).toEqual(["viewer", "analyst"]);
  expect(rolesUpTo("owner")).toContain("owner");
  expect(rolesUpTo("release-manager")).toContain("release-manager");
});

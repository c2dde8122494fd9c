import { expect, it } from "vitest";
import { rolesUpTo, shown } from "./own-tokens";

it("offers no role that gives more than one has", () => {
  expect(rolesUpTo("analyst")).toEqual(["viewer", "analyst"]);
  expect(rolesUpTo("owner")).toContain("owner");
  expect(rolesUpTo("release-manager")).toContain("release-manager");
});

it("shows those in force, the newest first", () => {
  const row = (id: string, created_at: string, expires_at: string | null, revoked_at: string | null = null) => ({
    id,
    created_at,
    expires_at,
    revoked_at,
  });
  const rows = [
    row("old", "2026-01-01", "2026-02-01T00:00:00Z"),
    row("over", "2026-01-02", "2026-01-04T00:00:00Z"),
    row("revoked", "2026-01-03", null, "2026-01-04T00:00:00Z"),
    row("new", "2026-01-04", null),
  ];
  expect(shown(rows, Date.parse("2026-01-05T00:00:00Z")).map((each) => each.id)).toEqual(["new", "old"]);
});

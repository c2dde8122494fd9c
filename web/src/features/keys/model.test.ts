import { expect, it } from "vitest";
import { endOf, entitled, inOrder, lastUse, revokeWords, standing } from "./model";

const now = Date.parse("2026-01-05T10:00:00Z");

it.each([
  [null, null, "in force"],
  ["2026-01-06T10:00:00Z", null, "ends"],
  ["2026-01-05T09:59:59Z", null, "ended"],
  ["2026-01-06T10:00:00Z", "2026-01-01T00:00:00Z", "revoked"],
] as const)("expires %s, revoked %s: %s", (expires_at, revoked_at, said) => {
  expect(standing({ expires_at, revoked_at }, now)).toBe(said);
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

it("tells a key that was never used from one of which nothing is known", () => {
  const uses = new Map([
    ["busy", "2026-01-05T09:58:00Z"],
    ["idle", null],
  ]);
  expect(lastUse("busy", uses)).toEqual({ known: true, at: "2026-01-05T09:58:00Z" });
  expect(lastUse("idle", uses)).toEqual({ known: true, at: null });
  expect(lastUse("gone", uses)).toEqual({ known: true, at: null });
  expect(lastUse("busy", undefined)).toEqual({ known: false });
});

it("says before a key is revoked whether anything still uses it", () => {
  const words = (at: string | null) => revokeWords({ known: true, at }, now);
  expect(words("2026-01-05T09:58:00Z")).toBe("Something still uses it: last 2 minutes ago.");
  expect(words("2025-11-01T00:00:00Z")).toMatch(/^Nothing has arrived under it for a while: last /);
  expect(words(null)).toBe("Nothing has ever arrived under it, as of a minute ago.");
  expect(revokeWords({ known: false }, now)).toMatch(/not known/);
});

import { expect, it } from "vitest";
import { lastUse, revokeWords } from "./model";

const now = Date.parse("2026-01-05T10:00:00Z");

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

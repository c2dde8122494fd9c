import { describe, expect, it } from "vitest";
import { expiryAfter, replacedBy, timeLeft, unitWords } from "./model";

const NOW = new Date("2026-03-01T12:00:00Z");

it.each([
  ["2026-03-08T12:00:00Z", "7 days left"],
  ["2026-03-02T12:00:00Z", "24 hours left"],
  ["2026-03-01T12:01:30Z", "1 minute left"],
  ["2026-02-27T11:00:00Z", "expired 2 days ago"],
  [null, "no end"],
])("%s is %s", (at, words) => expect(timeLeft(at, NOW)).toBe(words));

it("ends so many days on", () => expect(expiryAfter(7, NOW)).toBe("2026-03-08T12:00:00.000Z"));

it("says in a sentence what is special about a unit", () => {
  const none = { overrides: [], targets: [], segments: [], truncated: false };
  expect(unitWords("anna", none)).toBe("Nothing is special about anna here: it gets what rules and experiments give.");
  const some = {
    ...none,
    overrides: [{ state: "active" }, { state: "expired" }],
    targets: [{ state: "active" }, { state: "active" }],
    segments: [{}],
  };
  expect(unitWords("anna", some)).toBe("anna has 1 override, 2 individual targets and a place in 1 segment list.");
});

describe("an override that takes the place of another", () => {
  const held = { flag: "checkout", state: "active", variation: "on" };

  it("is undone by the one that held before it", () => {
    expect(replacedBy([{ ...held, flag: "other" }, held], "checkout")).toBe(held);
  });

  it("is undone by removing it where none held", () => {
    expect(replacedBy([{ ...held, state: "expired" }], "checkout")).toBeNull();
    expect(replacedBy([], "checkout")).toBeNull();
  });
});

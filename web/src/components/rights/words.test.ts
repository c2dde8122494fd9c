import { describe, expect, it } from "vitest";
import { grantersWords } from "./words";

const member = (name: string) => ({ name, email: `${name.toLowerCase()}@example.com` });

describe("who can give a right", () => {
  it.each([
    [["Anna"], false, "Anna can give it"],
    [["Anna", "Bert"], false, "Anna or Bert can give it"],
    [["Anna", "Bert", "Carla"], false, "Anna or Bert or others can give it"],
    [["Anna", "Bert"], true, "Anna or Bert or others can give it"],
    [[], false, "nobody can give it now"],
  ])("%j, others %j", (names, others, words) => {
    expect(grantersWords({ members: names.map(member), others })).toBe(words);
  });

  it("is somebody by their address where they have no name, and unnamed where it isn't known", () => {
    expect(grantersWords({ members: [{ name: "", email: "a@example.com" }], others: false })).toBe(
      "a@example.com can give it",
    );
    expect(grantersWords(undefined)).toBe("whoever manages members can give it");
  });
});

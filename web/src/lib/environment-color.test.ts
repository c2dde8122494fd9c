import { describe, expect, it } from "vitest";
import { type ColorName, colorOf, environmentColor } from "./environment-color";

const environment = (key: string, color: ColorName = "automatic", isProtected = false) => ({
  key,
  color,
  protected: isProtected,
});

describe("the colour of an environment", () => {
  const all = [environment("dev"), environment("staging"), environment("production", "automatic", true)];

  it("follows its place, and a protected one looks like no other", () => {
    const colors = all.map((each) => environmentColor(each, all));
    expect(new Set(colors).size).toBe(3);
    expect(environmentColor(environment("dev"), [...all].reverse())).not.toBe(colors[2]);
  });

  it("is the one that was chosen, protected or not", () => {
    expect(environmentColor(environment("production", "teal", true), all)).toBe("#0e8a99");
    expect(environmentColor(environment("dev", "teal"), all)).toBe("#0e8a99");
  });

  it("is read as automatic where the name is none of the list", () => {
    expect([colorOf("pink"), colorOf("mauve"), colorOf(null)]).toEqual(["pink", "automatic", "automatic"]);
  });
});

import { describe, expect, test } from "vitest";
import { differenceOfLines, documentLines } from "./line-difference";

const shown = (before: string, after: string) =>
  differenceOfLines([...before], [...after]).map((line) =>
    line.kind === "folded" ? `(${line.count})` : `${{ kept: "", removed: "-", added: "+" }[line.kind]}${line.text}`,
  );

describe("the difference of texts", () => {
  test.each([
    ["", "", []],
    ["abc", "abc", ["a", "b", "c"]],
    ["", "ab", ["+a", "+b"]],
    ["ab", "", ["-a", "-b"]],
    ["abc", "axc", ["a", "-b", "+x", "c"]],
    ["abcabba", "cbabac", ["-a", "-b", "c", "+b", "a", "b", "-b", "a", "+c"]],
  ])("%s -> %s", (before, after, wanted) => expect(shown(before, after)).toEqual(wanted));

  test("long equal stretches are folded but for three lines", () => {
    expect(shown("abcdefghX", "abcdefghY")).toEqual(["(5)", "f", "g", "h", "-X", "+Y"]);
  });

  test("both texts stand in it, line by line", () => {
    const before = documentLines({ a: [1, 2, { b: true }], c: "x" });
    const after = documentLines({ a: [2, { b: false }, 3], d: "x" });
    const lines = differenceOfLines(before, after).flatMap((line) => (line.kind === "folded" ? [] : [line]));
    expect(lines.filter((line) => line.kind !== "added").map((line) => line.text)).toEqual(before);
    expect(lines.filter((line) => line.kind !== "removed").map((line) => line.text)).toEqual(after);
  });
});

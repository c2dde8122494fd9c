import { describe, expect, it } from "vitest";
import { isObject, type Json, member, mergePatch, patchedPointers, same, shortJson, valueAt, withMember } from "./json";

// The examples of RFC 7396, appendix A.
const MERGES: [Json, Json, Json][] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

describe("merge patches", () => {
  it.each(MERGES)("%j patched by %j is %j", (value, patch, expected) => {
    expect(mergePatch(value, patch)).toEqual(expected);
  });

  it("leave what they patch as it was", () => {
    const value = { a: { b: 1 } };
    mergePatch(value, { a: { b: 2 } });
    expect(value).toEqual({ a: { b: 1 } });
  });

  it("are told by what they change", () => {
    expect(patchedPointers({ a: { b: 1, c: null }, "d/e": [1], f: {} })).toEqual(["/a/b", "/a/c", "/d~1e", "/f"]);
  });
});

describe("members", () => {
  it("are no names of the prototype", () => {
    expect(member({}, "constructor")).toBeUndefined();
    const strange = withMember({}, "__proto__", 1);
    expect(Object.keys(strange)).toEqual(["__proto__"]);
    expect(isObject(Object.getPrototypeOf(strange))).toBe(true);
  });

  it("keep their places when they change, and go when nothing is given", () => {
    expect(Object.keys(withMember({ a: 1, b: 2 }, "a", 3))).toEqual(["a", "b"]);
    expect(withMember({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 });
  });

  it("are found by pointers", () => {
    expect(valueAt({ a: [{ "b/c": 5 }] }, "/a/0/b~1c")).toBe(5);
    expect(valueAt({ a: 1 }, "/a/b")).toBeUndefined();
    expect(valueAt({ a: 1 }, "")).toEqual({ a: 1 });
  });
});

it("compares whatever the order of members", () => {
  expect(same({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 })).toBe(true);
  expect(same({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  expect(same([1, 2], [2, 1])).toBe(false);
  expect(same({}, [])).toBe(false);
});

it("shortens what is long", () => {
  expect(shortJson({ a: "xxxxxxxxxx" }, 8)).toBe('{"a":"x…');
  expect(shortJson(undefined)).toBe("nothing");
});

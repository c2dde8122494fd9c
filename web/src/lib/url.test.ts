import { describe, expect, test } from "vitest";
import { z } from "zod";
import { pagePath, parseSearch, readSearch, stringifySearch, writeSearch } from "./url";

const schema = z.object({
  q: z.string().default(""),
  tag: z.array(z.string()).default([]),
  page: z.number().default(1),
  archived: z.boolean().default(false),
  state: z.enum(["on", "off"]).optional(),
});

describe("addresses", () => {
  test("parts are encoded, what is not given is left out", () => {
    expect(pagePath("shop", "flags")).toBe("/p/shop/flags");
    expect(pagePath("shop", "flags", "a/b", "rules")).toBe("/p/shop/flags/a%2Fb/rules");
  });

  test("a search is read and written as people would", () => {
    const search = { q: "two words", tag: ["a", "b"], at: "2026-01-05T10:00:00Z" };
    expect(stringifySearch(search)).toBe("?q=two+words&tag=a&tag=b&at=2026-01-05T10:00:00Z");
    expect(parseSearch(stringifySearch(search))).toEqual(search);
    expect(stringifySearch({ q: "", tag: [], env: undefined })).toBe("");
  });
});

describe("the state of a page", () => {
  test("texts become what a field takes", () => {
    const read = readSearch(schema, { q: "7", tag: "a", page: "3", archived: "true", state: "on" });
    expect(read).toEqual({ q: "7", tag: ["a"], page: 3, archived: true, state: "on" });
  });

  test("what is wrong is left out, the rest stays", () => {
    expect(readSearch(schema, { page: "many", state: "maybe", q: "x" })).toEqual({
      q: "x",
      tag: [],
      page: 1,
      archived: false,
    });
  });

  test("defaults are not written, and others' parameters stay", () => {
    const after = writeSearch(schema, { env: "production", page: "3" }, { page: 1, tag: ["a"], q: "" });
    expect(after).toEqual({ env: "production", tag: ["a"] });
  });

  test("what was written is read again", () => {
    const state = { q: "x", tag: ["a", "b"], page: 2, archived: true, state: "off" as const };
    expect(readSearch(schema, parseSearch(stringifySearch(writeSearch(schema, {}, state))))).toEqual(state);
  });
});

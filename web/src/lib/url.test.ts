import { describe, expect, test } from "vitest";
import { z } from "zod";
import { inEnvironment, pagePath, parseSearch, placeOf, readSearch, stringifySearch, writeSearch } from "./url";

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

describe("an address", () => {
  test("is taken apart for the router", () => {
    expect(placeOf("/p/shop/test?flag=a&beside=x&beside=y")).toEqual({
      to: "/p/shop/test",
      search: { flag: "a", beside: ["x", "y"] },
    });
    expect(placeOf("/p/shop/flags")).toEqual({ to: "/p/shop/flags", search: {} });
  });

  test("is in the environment that is looked at, unless it names one", () => {
    expect(inEnvironment("/p/shop/flags", "dev")).toBe("/p/shop/flags?env=dev");
    expect(inEnvironment("/p/shop/test?flag=a", "dev")).toBe("/p/shop/test?flag=a&env=dev");
    expect(inEnvironment("/p/shop/test?env=production", "dev")).toBe("/p/shop/test?env=production");
    expect(inEnvironment("/p/shop/test?flag=a", null)).toBe("/p/shop/test?flag=a");
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

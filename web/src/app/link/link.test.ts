import { expect, it } from "vitest";
import { linkOf } from "./link";

it.each([
  ["#invitation=abc_-1", { purpose: "invitation", secret: "abc_-1" }],
  ["#password-reset=abc", { purpose: "password-reset", secret: "abc" }],
  ["", null],
  ["#invitation", null],
  ["#invitation=", null],
  ["#invitation=a=b", null],
  ["#else=abc", null],
])("%s", (hash, expected) => {
  expect(linkOf(hash)).toEqual(expected);
});

import { describe, expect, it } from "vitest";
import { Problem } from "@/api/problem";
import { pauseBefore, retries } from "./query-client";

const refused = (status: number, retryAfter?: number) =>
  new Problem({ status, title: "Refused", detail: "", code: "refused", retryAfter });

describe("what failed is asked for again", () => {
  it.each([
    ["a refusal", refused(403), false],
    ["what is away", refused(503), true],
    ["no answer", refused(0), true],
    ["too fast, with a moment to wait for", refused(429, 5), true],
    ["too fast, for long", refused(429, 60), false],
    ["too fast, for nobody knows how long", refused(429), false],
  ])("%s", (_, problem, again) => {
    expect(retries(0, problem)).toBe(again);
    expect(retries(2, problem)).toBe(false);
  });

  it("waits as long as the service says", () => {
    expect(pauseBefore(0, refused(429, 5))).toBe(5000);
    expect([pauseBefore(0, refused(503, 2)), pauseBefore(0, refused(503, 60))]).toEqual([2000, 10_000]);
    expect([pauseBefore(0, refused(503)), pauseBefore(5, refused(503))]).toEqual([500, 4000]);
  });
});

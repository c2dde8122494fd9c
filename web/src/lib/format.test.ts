import { describe, expect, test } from "vitest";
import {
  absoluteTime,
  amount,
  count,
  day,
  dayInUtc,
  duration,
  lift,
  percent,
  plural,
  points,
  pValue,
  rate,
  relativeTime,
  shortCount,
  signedAmount,
} from "./format";

describe("figures", () => {
  test.each([
    [rate(0.4412), "44.12%"],
    [rate(0), "0.00%"],
    [lift(0.0341), "+3.4%"],
    [lift(-0.0341), "\u22123.4%"],
    [lift(0), "0.0%"],
    [points(-0.0082), "\u22120.82 pp"],
    [points(0.0082), "+0.82 pp"],
    [pValue(0.0004), "< 0.001"],
    [pValue(0.04), "0.040"],
    [pValue(1), "1.000"],
    [percent(12.5), "12.5%"],
    [count(12_345.4), "12,345"],
    [shortCount(12_345), "12.3K"],
    [amount(51.8724), "51.87"],
    [signedAmount(-0.5), "\u22120.5"],
    [plural(1, "flag"), "1 flag"],
    [plural(1500, "unit"), "1,500 units"],
    [plural(2, "entry", "entries"), "2 entries"],
  ])("%s", (shown, wanted) => expect(shown).toBe(wanted));

  test("what is absent is a dash, never a zero", () => {
    const formats = [rate, lift, points, percent, count, shortCount, amount, signedAmount, pValue, duration];
    for (const format of formats)
      expect([format(null), format(undefined), format(Number.NaN)]).toEqual(["–", "–", "–"]);
  });
});

describe("moments", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  test.each([
    ["2026-03-01T11:59:59Z", "just now"],
    ["2026-03-01T11:59:20Z", "40 seconds ago"],
    ["2026-03-01T11:00:10Z", "1 hour ago"],
    ["2026-03-03T12:00:00Z", "in 2 days"],
    ["2025-03-01T12:00:00Z", "last year"],
  ])("%s is %s", (at, words) => expect(relativeTime(at, now)).toBe(words));

  test("what is no moment is a dash", () => {
    expect([relativeTime(null), relativeTime("soon"), absoluteTime(undefined), day("x"), dayInUtc(null)]).toEqual(
      Array(5).fill("–"),
    );
  });

  test.each([
    [180, "180 ms"],
    [1500, "1.5 s"],
    [59_600, "60 s"],
    [200_000, "3 min 20 s"],
    [7_500_000, "2 h 5 min"],
    [172_800_000, "2 d"],
  ])("%d ms are %s", (milliseconds, words) => expect(duration(milliseconds)).toBe(words));

  test("a series by day says its days in UTC, wherever one is", () => {
    expect(dayInUtc("2026-03-01T00:00:00Z")).toBe("Mar 1, 2026");
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { aboutEvery, jitter, retryAfterOf } from "../src/http/retry.js";

const PAUSES = { first: 1_000, longest: 30_000 };
const HALF = (): number => 0.5;

test("pauses are full jitter, doubled, at most the longest", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 1000].map((attempt) => jitter(attempt, PAUSES, 0, HALF)), [
    500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000,
  ]);
  assert.equal(jitter(3, PAUSES, 0, () => 0), 0);
});

test("a server may ask for a longer window, and for a least pause on top of which the jitter comes", () => {
  assert.equal(jitter(0, { first: 100_000, longest: 30_000 }, 0, HALF), 50_000);
  assert.equal(jitter(5, { first: 100_000, longest: 30_000 }, 0, HALF), 100_000);
  assert.equal(jitter(0, PAUSES, 7_000, HALF), 7_500);
});

test("something is done about every interval", () => {
  assert.equal(aboutEvery(1_000, () => 0), 900);
  assert.equal(aboutEvery(1_000, HALF), 1_000);
});

test("Retry-After is seconds or a date", () => {
  const now = Date.UTC(2026, 0, 5, 10);
  const cases: [string | undefined, number][] = [
    ["7", 7_000],
    ["0", 0],
    ["Mon, 05 Jan 2026 10:00:30 GMT", 30_000],
    ["Mon, 05 Jan 2026 09:00:00 GMT", 0],
    ["soon", 0],
    ["-5", 0],
    ["999999999999", 3_600_000],
    [undefined, 0],
  ];
  for (const [header, expected] of cases) assert.equal(retryAfterOf(header, now), expected, header);
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { patiently } from "./patiently";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("what can't be read for a moment is read after it", async () => {
  let away = 2;
  const read = patiently(() => (away-- > 0 ? Promise.reject(new Error("away")) : Promise.resolve("there")));
  await vi.runAllTimersAsync();
  expect(await read).toBe("there");
});

test("what never comes is told", async () => {
  const read = patiently(() => Promise.reject(new Error("away"))).catch((thrown: Error) => thrown.message);
  await vi.runAllTimersAsync();
  expect(await read).toBe("away");
});

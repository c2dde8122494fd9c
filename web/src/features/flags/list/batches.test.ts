import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { batched, split } from "./batches";

const LIMITS = { milliseconds: 20, keysMax: 3, lengthMax: 100 };

describe("what is asked for one by one", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("within a moment is one question", async () => {
    const load = vi.fn(async (keys: readonly string[]) => new Map(keys.map((key) => [key, key.length])));
    const ask = batched(load, LIMITS);
    const answers = Promise.all([ask("a"), ask("bb"), ask("a")]);
    await vi.advanceTimersByTimeAsync(20);
    expect(await answers).toEqual([1, 2, 1]);
    expect(load.mock.calls).toEqual([[["a", "bb"]]]);
  });

  it("later is another one", async () => {
    const load = vi.fn(async () => new Map<string, number>());
    const ask = batched(load, LIMITS);
    const first = ask("a");
    await vi.advanceTimersByTimeAsync(20);
    const second = ask("b");
    await vi.advanceTimersByTimeAsync(20);
    expect([await first, await second]).toEqual([undefined, undefined]);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it("fails for all whose question failed", async () => {
    const ask = batched(() => Promise.reject(new Error("away")), LIMITS);
    const refused = expect(ask("a")).rejects.toThrow("away");
    await vi.advanceTimersByTimeAsync(20);
    await refused;
  });
});

it("splits by number and by length", () => {
  expect(split(["a", "b", "c", "d"], LIMITS)).toEqual([["a", "b", "c"], ["d"]]);
  expect(split(["aaaa", "bbbb", "c"], { keysMax: 9, lengthMax: 9 })).toEqual([["aaaa", "bbbb"], ["c"]]);
  expect(split([], LIMITS)).toEqual([]);
});

import { describe, expect, it } from "vitest";
import { padded, sharedDomain, thinned } from "./extent";
import { spread } from "./labels";

const span = (lower: number | null, upper: number | null) => ({ lower, upper, estimate: null });

describe("sharedDomain", () => {
  it("holds zero, both ends and the margins", () => {
    const [low, high] = sharedDomain([span(0.02, 0.05)], [0, -0.03]);
    expect(low).toBeLessThan(-0.03);
    expect(high).toBeGreaterThan(0.05);
  });

  it("goes no further than five times the median reach", () => {
    const [, high] = sharedDomain([span(-1, 1), span(-1, 1), span(-1, 400)]);
    expect(high).toBeLessThan(6);
  });

  it("is an axis without any figure", () => {
    expect(sharedDomain([span(null, null)])).toEqual([-1, 1]);
    expect(padded([])).toEqual([-1, 1]);
    expect(padded([5])).toEqual([5, 5].map((each, at) => (at === 0 ? -each : each)));
  });
});

describe("thinned", () => {
  it("keeps the first and the last", () => {
    expect(thinned([1, 2, 3, 4, 5, 6, 7], 3)).toEqual([1, 4, 7]);
    expect(thinned([1, 2], 3)).toEqual([1, 2]);
    expect(thinned([1, 2, 3], 1)).toEqual([3]);
    expect(thinned([1, 2, 3, 4, 5, 6], 4)).toEqual([2, 4, 6]);
  });
});

describe("spread", () => {
  it("moves names apart, in their order", () => {
    expect(spread([{ y: 10 }, { y: 4 }, { y: 12 }], 8).map((each) => each.y)).toEqual([4, 12, 20]);
  });
});

import { expect, test } from "vitest";
import { seriesOf } from "./exposure-series";

const at = (time: string, exposures: number) => ({ time, variations: [{ variation: "on", exposures }] });

test("a series is told in days, and in hours where a day has several", () => {
  const series = [at("2026-11-29T00:00:00Z", 3), at("2026-11-30T14:00:00Z", 4)];
  expect(seriesOf({ bucket_seconds: 86_400, series })).toEqual([
    { time: "Nov 29", counts: { on: 3 } },
    { time: "Nov 30", counts: { on: 4 } },
  ]);
  expect(seriesOf({ bucket_seconds: 3600, series }).map((each) => each.time)).toEqual(["Nov 29 00:00", "Nov 30 14:00"]);
});

import { expect, test } from "vitest";
import { pulseOf } from "./model";

const minute = (evaluations: number, exposures: number) => ({
  minute: "2026-11-30T00:00:00Z",
  evaluations,
  exposures,
  metric_events: 1,
  errors: 2,
  unknown_flags: 0,
});

test("the pulse is that of the last minutes that are told in full", () => {
  const minutes = [minute(90, 9), minute(100, 10), minute(0, 11), minute(0, 3)];
  const pulse = pulseOf({ project: "shop", environment: "production", minutes });
  expect(pulse).toMatchObject({ evaluations: 100, evaluationSeries: [90, 100], events: 12, errors: 8 });
  expect(pulse.eventSeries).toEqual([10, 11, 12]);
});

test("without a minute nothing is known", () => {
  const pulse = pulseOf({ project: "shop", environment: "production", minutes: [minute(1, 1)] });
  expect([pulse.evaluations, pulse.events]).toEqual([null, null]);
});

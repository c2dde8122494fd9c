import { expect, it } from "vitest";
import { destinationWords, rowsWords, scheduleWords } from "./model";

it.each([
  [{ type: "folder", path: "lake" }, "folder lake"],
  [{ type: "object_store", bucket: "lake", prefix: "verdict" }, "bucket lake, below verdict"],
  [{ type: "snowflake", account: "acme", database: "V", schema: "PUBLIC" }, "Snowflake account acme, V.PUBLIC"],
])("names the destination %o", (destination, words) => {
  expect(destinationWords(destination)).toBe(words);
});

it("says when it runs", () => {
  expect(scheduleWords({ schedule: "daily", daily_at: "02:00", paused: false })).toBe("daily at 02:00 UTC");
  expect(scheduleWords({ schedule: "hourly", daily_at: "02:00", paused: true })).toBe("paused");
});

it("says what a run brought", () => {
  expect(rowsWords({ exposures: 1200, flags: 30, results: 0 })).toBe("1,200 exposures, 30 flags");
  expect(rowsWords({})).toBe("nothing new");
});

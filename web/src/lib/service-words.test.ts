import { expect, it } from "vitest";
import { absoluteTime } from "./format";
import { serviceWords } from "./service-words";

it.each([
  ["told here only since 2026-11-29", "told here only since Nov 29, 2026"],
  ["from 2026-11-01 to 2026-11-05.", "from Nov 1, 2026 to Nov 5, 2026."],
  ["at 2026-11-30T03:49:00Z.", `at ${absoluteTime("2026-11-30T03:49:00Z")}.`],
  ["at 2026-11-30T03:49:00.123+01:00", `at ${absoluteTime("2026-11-30T03:49:00.123+01:00")}`],
  ["order 2026-11-30-7 and 12026-11-30", "order 2026-11-30-7 and 12026-11-30"],
  ["2026-99-99 is no day", "2026-99-99 is no day"],
])("%s", (text, words) => expect(serviceWords(text)).toBe(words));

/** Services write days and moments in ISO form; in their sentences people read them as everywhere else. */

import { absoluteTime, dayInUtc } from "./format";

const MOMENTS = /\b\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?(?![\w-])/g;

/** "since 2026-11-29" -> "since Nov 29, 2026". What is no date stays as it is. */
export function serviceWords(text: string): string {
  return text.replaceAll(MOMENTS, (found, time: string | undefined) => {
    if (Number.isNaN(Date.parse(found))) return found;
    return time === undefined ? dayInUtc(found) : absoluteTime(found);
  });
}

/** What stands at a path as errors write it: `rules[0].if.and[1].value`. */

import { isObject } from "./condition";

export function valueAt(document: unknown, path: string): unknown {
  let here = document;
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (index !== undefined) here = Array.isArray(here) ? here[Number(index)] : undefined;
    else here = isObject(here) && name !== undefined ? here[name] : undefined;
  }
  return here;
}

/** Nothing was typed there yet. */
export const isBlank = (value: unknown): boolean => value === undefined || value === null || value === "";

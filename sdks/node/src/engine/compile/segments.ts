/** A segment as a closure. */

import type { Segment } from "../model.js";
import { compileCondition } from "./conditions.js";
import type { Membership, Probe } from "./programs.js";
import { targetingUnit } from "./units.js";

/** Who is in a segment: by precedence of excluded keys, included keys and the condition. */
export function compileSegment(segment: Segment, probe?: Probe): Membership {
  const { included, excluded, longList } = segment;
  const condition = segment.condition && compileCondition(segment.condition, "if", probe);
  if (included.size === 0 && excluded.size === 0 && longList === undefined) return condition ?? (() => false);
  return (context, run) => {
    const unit = targetingUnit(context);
    const standing = longList?.standing(unit);
    const isExcluded = standing === "excluded" || (unit !== undefined && excluded.has(unit));
    if (probe !== undefined) probe("excluded", isExcluded);
    if (isExcluded) return false;
    const isIncluded = standing === "included" || (unit !== undefined && included.has(unit));
    if (probe !== undefined) probe("included", isIncluded);
    return isIncluded || (condition !== undefined && condition(context, run));
  };
}

/** A segment as a closure. */

import type { Condition, Segment } from "../model.js";
import { compileCondition } from "./conditions.js";
import type { Holds, Membership, Probe } from "./programs.js";
import { targetingUnit } from "./units.js";

const CHEAP_COMPARISONS = 8;

/** Who is in a segment. */
export function compileMembership(segment: Segment): Membership {
  const isCheap = segment.longList === undefined && costOf(segment.condition) <= CHEAP_COMPARISONS;
  return { holds: compileSegment(segment), isCheap };
}

/** How many comparisons a condition holds; infinitely many where it names a segment. */
function costOf(condition: Condition | undefined): number {
  switch (condition?.form) {
    case undefined:
      return 0;
    case "comparison":
      return 1;
    case "not":
      return costOf(condition.condition);
    case "segment":
      return Infinity;
    case "and":
    case "or":
      return condition.conditions.reduce((sum, part) => sum + costOf(part), 0);
  }
}

/** Who is in a segment, by precedence: excluded keys, then included keys, then the condition. */
export function compileSegment(segment: Segment, probe?: Probe): Holds {
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

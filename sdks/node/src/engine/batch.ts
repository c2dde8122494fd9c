/** Many evaluations at once, by the engine alone: what engines are compared by. */

import type { Decision } from "./decision.js";
import type { FlagSet } from "./flagset.js";
import type { Context } from "./interface.js";
import type { Json, JsonObject } from "./json.js";

/** One evaluation. `id` is given back; `now` is epoch milliseconds, 0 if absent. */
export interface BatchItem {
  readonly id?: Json;
  readonly flag: string;
  readonly context: Context;
  readonly now?: number;
}

/** Evaluate the items in their order. What an answer doesn't have is null, `[]` or false. */
export function evaluateBatch(set: FlagSet, items: readonly BatchItem[]): JsonObject[] {
  return items.map(({ id = null, flag, context, now = 0 }) => ({ id, ...answer(set.evaluate(flag, context, now)) }));
}

function answer(decision: Decision): JsonObject {
  return {
    value: decision.value,
    variation: decision.variation,
    reason: decision.reason,
    errorCode: decision.errorCode ?? null,
    experiments: decision.experiments.map(({ key, phase }) => ({ key, phase })),
    bucket_by: decision.bucketBy ?? null,
    override: decision.override,
    paused: decision.paused ?? null,
    prerequisite: decision.prerequisite ?? null,
    overrides: decision.applied,
    invalid_combination: decision.invalidCombination,
    split: decision.split ?? null,
  };
}

/** The steps of a remote config: each override, and what comes of those that match. */

import { BASE } from "../compile/combinations.js";
import type { Decision } from "../decision.js";
import type { JsonObject } from "../json.js";
import type { ConfigOverride, RemoteConfig } from "../model.js";
import type { ConditionTracer, Recorder } from "./conditions.js";
import { NOT_REACHED } from "./flags.js";

/** Told from what its program reported. */
export function remoteConfigSteps(
  config: RemoteConfig,
  decision: Decision,
  recorder: Recorder,
  conditions: ConditionTracer,
): JsonObject[] {
  if (config.archived) return [{ step: "enabled", result: "archived", variation: BASE }];
  const steps: JsonObject[] = [
    { step: "enabled", result: "passed" },
    ...config.overrides.map((override, index) => overrideStep(override, index, recorder, conditions)),
  ];
  return decision.errorCode === undefined ? [...steps, combination(config, decision)] : steps;
}

/** What the overrides come to, before an experiment. */
function combination(config: RemoteConfig, decision: Decision): JsonObject {
  const { applied, invalidCombination } = decision;
  const applies = applied.length > 0 && !invalidCombination;
  const step = {
    step: "combination",
    resolve: config.resolve,
    overrides: applied,
    variation: applies ? applied.join("+") : BASE,
  };
  if (invalidCombination) {
    return { ...step, result: "not applied", because: "these overrides together break the schema" };
  }
  return { ...step, result: applied.length > 0 ? "applied" : "none matched" };
}

function overrideStep(
  override: ConfigOverride,
  index: number,
  recorder: Recorder,
  conditions: ConditionTracer,
): JsonObject {
  const path = `overrides[${index}].if`;
  const step = { step: "override", index, id: override.id };
  const matched = recorder.matched(path);
  if (matched === null) return { ...step, result: NOT_REACHED };
  const asked = { ...step, if: conditions.trace(override.condition, path, recorder) };
  return matched ? { ...asked, result: "matched", value: override.value } : { ...asked, result: "not matched" };
}

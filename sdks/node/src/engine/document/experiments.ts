/** Experiments as JSON. */

import { InvalidConfig } from "../errors.js";
import { isObject, type Json, type JsonObject } from "../json.js";
import type { Experiment, Holdout, LayerSlot } from "../model.js";
import { readCondition } from "./conditions.js";
import { choice, expect, field, FLAG, INTEGER, LIST, listOf, OBJECT, optional, required, TEXT } from "./fields.js";
import { hundredths, readBucketBy, readShares } from "./serves.js";

const MODES = ["assigns", "observes"] as const;
const WHOLE = 100;

/** Read and check an experiment by itself; whether its flag has its variations is asked where both are there. */
export function readExperiment(fields: JsonObject): Experiment {
  const mode = choice(required(fields, "mode", TEXT, ""), MODES, "mode");
  const audience = field(fields, "audience");
  const variations = required(fields, "variations", LIST, "");
  return {
    key: required(fields, "key", TEXT, ""),
    flag: required(fields, "flag", TEXT, ""),
    mode,
    shares: readShares(variations, "variations", ["value"]),
    patches: readPatches(variations),
    startAt: required(fields, "start_at", INTEGER, ""),
    stopAt: optional(fields, "stop_at", INTEGER, "", undefined),
    traffic: hundredths(field(fields, "traffic") ?? WHOLE, "traffic"),
    audience: audience === undefined || audience === null ? undefined : readCondition(audience, "audience"),
    bucketBy: readBucketBy(fields, ""),
    slot: readSlot(optional(fields, "layer", OBJECT, "", undefined)),
    holdouts: listOf(fields, "holdouts", "", readHoldout),
    phase: optional(fields, "phase", INTEGER, "", 1),
    seed: optional(fields, "seed", TEXT, "", undefined),
    paused: optional(fields, "paused", FLAG, "", false),
    document: fields,
  };
}

/** By variation; of a list whose shares have been read. */
function readPatches(variations: readonly Json[]): ReadonlyMap<string, JsonObject> {
  const patches = new Map<string, JsonObject>();
  for (const [index, entry] of variations.entries()) {
    if (!isObject(entry)) throw new InvalidConfig(`variations[${index}]`, "must be an object");
    const value = optional(entry, "value", OBJECT, `variations[${index}]`, undefined);
    if (value !== undefined) patches.set(entry["key"] as string, value);
  }
  return patches;
}

function readSlot(fields: JsonObject | undefined): LayerSlot | undefined {
  if (fields === undefined) return undefined;
  return {
    layer: required(fields, "key", TEXT, "layer"),
    start: required(fields, "start", INTEGER, "layer"),
    end: required(fields, "end", INTEGER, "layer"),
  };
}

function readHoldout(document: Json, path: string): Holdout {
  const fields = expect(document, OBJECT, path);
  return { key: required(fields, "key", TEXT, path), share: hundredths(field(fields, "share"), `${path}.share`) };
}

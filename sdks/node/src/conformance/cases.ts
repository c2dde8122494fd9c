/** One golden case: what the engine computes for it, and whether that is what the case expects. */

import type { Config } from "../config.gen.js";
import { bucket, unitKey } from "../engine/hashing.js";
import { FlagSet } from "../engine/flagset.js";
import { isObject, type Json, type JsonObject } from "../engine/json.js";
import { sameJson } from "../engine/same.js";
import { withGenerated } from "./generated_lists.js";

/** What was computed, and whether it is what the case expects; `skipped`: the form that is not evaluated. */
export type CaseResult =
  | { readonly ok: boolean; readonly computed: Json }
  | { readonly ok: null; readonly computed: null; readonly skipped: string };

const UNTOLD: ReadonlySet<string> = new Set(["flag", "version", "errorMessage"]);

/** The config documents that a file's cases share, each made ready once. */
export class SharedConfigs {
  readonly #documents: JsonObject;
  readonly #sets = new Map<string, FlagSet>();

  constructor(documents: JsonObject) {
    this.#documents = documents;
  }

  /** Throws InvalidConfig for what is none. */
  named(name: string): FlagSet {
    let set = this.#sets.get(name);
    if (set === undefined) this.#sets.set(name, (set = setOf(this.#documents[name])));
    return set;
  }
}

function setOf(document: Json | undefined): FlagSet {
  return FlagSet.from(document as unknown as Config);
}

/** Compute one case. Throws for a case of no known form. */
export function runCase(golden: JsonObject, configs: SharedConfigs): CaseResult {
  const skipped = skippedForm(golden);
  if (skipped !== undefined) return { ok: null, computed: null, skipped };
  if ("bucket" in golden) return held(runBucket(golden), golden["bucket"]);
  if ("unit_of" in golden) return held(unitKey(golden["unit_of"]) ?? null, golden["expected"]);
  if ("config" in golden) return runEvaluation(golden, configs);
  if ("condition" in golden) return held(runCondition(golden), golden["expected"]);
  throw new Error("a case needs one of bucket, unit_of, config or condition");
}

/** The forms that are the business of whoever saves and analyses. */
function skippedForm(golden: JsonObject): string | undefined {
  if ("edges" in golden) return "cycle";
  if ("valid" in golden) return "validity";
  if ("metric" in golden) return "aggregation";
  return "inputs" in golden ? "statistics" : undefined;
}

function held(computed: Json, expected: Json | undefined): CaseResult {
  return { ok: sameJson(computed, expected), computed };
}

function runBucket(golden: JsonObject): number {
  return bucket(golden["salt"] as string, golden["flag"] as string, golden["unit"] as string);
}

function runEvaluation(golden: JsonObject, configs: SharedConfigs): CaseResult {
  const config = golden["config"];
  const set = typeof config === "string" ? configs.named(config) : setOf(config);
  const decision = set.evaluate(golden["flag"] as string, golden["context"] as JsonObject, nowOf(golden));
  const told = Object.entries(decision.toDocument()).filter(([name]) => !UNTOLD.has(name));
  const expected = { value: null, variation: null, ...(golden["expected"] as JsonObject) };
  return held(Object.fromEntries(told), expected);
}

/** True or false, or the error code in which a flag with this one rule ends. */
function runCondition(golden: JsonObject): Json {
  const [documents, chunks] = segmentsOf(golden);
  const flag = {
    type: "boolean",
    variations: { matched: true, "not-matched": false },
    off_variation: "not-matched",
    default: { variation: "not-matched" },
    rules: [{ if: golden["condition"], then: { variation: "matched" } }],
  };
  const document = { salt: "", flags: { case: flag }, segments: documents };
  let set = setOf(document as Json);
  for (const { segment, number, ...keys } of chunks) set = set.withChunk(segment, number, keys);
  const decision = set.evaluate("case", golden["context"] as JsonObject, nowOf(golden));
  return decision.errorCode ?? decision.reason === "TARGETING_MATCH";
}

function segmentsOf(golden: JsonObject): [JsonObject, ReturnType<typeof withGenerated>[1]] {
  const rules = golden["long_lists"];
  const made = Object.entries((golden["segments"] ?? {}) as Record<string, JsonObject>).map(
    ([key, document]) => [key, ...withGenerated(key, document, isObject(rules) ? rules[key] : undefined)] as const,
  );
  const documents = Object.fromEntries(made.map(([key, document]) => [key, document]));
  return [documents, made.flatMap(([, , chunks]) => chunks)];
}

function nowOf(golden: JsonObject): number {
  return Number(golden["now"] ?? 0);
}

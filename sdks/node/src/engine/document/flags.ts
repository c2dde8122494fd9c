/** Flags as JSON. */

import type { FlagType } from "../../config.gen.js";
import { InvalidConfig, Unusable } from "../errors.js";
import type { Json, JsonObject } from "../json.js";
import type { Flag, Prerequisite, Rule, Target } from "../model.js";
import { isNumber } from "../operators.js";
import { readCondition } from "./conditions.js";
import {
  at,
  choice,
  expect,
  field,
  FLAG,
  INTEGER,
  listOf,
  OBJECT,
  optional,
  refuseOthers,
  required,
  TEXT,
} from "./fields.js";
import { checkVariation, readServe } from "./serves.js";

const TYPES: readonly FlagType[] = ["boolean", "string", "integer", "number", "object"];
const RULE_FIELDS = ["id", "description", "if", "then"];
const SIMPLE_FIELDS = ["id", "description", "field", "op", "value", "enabled"];
const EXPECTED: Readonly<Record<FlagType, string>> = {
  boolean: "true or false",
  string: "a string",
  integer: `an integer between -${Number.MAX_SAFE_INTEGER} and ${Number.MAX_SAFE_INTEGER}`,
  number: "a number",
  object: "an object or a list",
};

/** Read and check a flag; InvalidConfig names the path of the first field that can't be evaluated. */
export function readFlag(fields: JsonObject): Flag {
  const type = choice(required(fields, "type", TEXT, ""), TYPES, "type");
  const variations = readVariations(required(fields, "variations", OBJECT, ""), type);
  const offVariation = required(fields, "off_variation", TEXT, "");
  checkVariation(offVariation, variations, "off_variation");
  return {
    key: required(fields, "key", TEXT, ""),
    type,
    variations,
    offVariation,
    default: readServe(required(fields, "default", OBJECT, ""), "default", variations),
    enabled: optional(fields, "enabled", FLAG, "", true),
    archived: optional(fields, "archived", FLAG, "", false),
    clientVisible: optional(fields, "client_visible", FLAG, "", false),
    reportExposures: optional(fields, "report_exposures", FLAG, "", false),
    prerequisites: listOf(fields, "prerequisites", "", readPrerequisite),
    targets: listOf(fields, "targets", "", (entry, path) => readTarget(entry, path, variations)),
    rules: listOf(fields, "rules", "", (entry, path, index) => readRule(entry, path, index, variations)),
    version: optional(fields, "version", INTEGER, "", 0),
    metadata: readMetadata(fields),
    exposureAttributes: listOf(fields, "exposure_attributes", "", (entry, path) => expect(entry, TEXT, path)),
    document: fields,
  };
}

function readVariations(document: JsonObject, type: FlagType): ReadonlyMap<string, Json> {
  return new Map(
    Object.entries(document).map(([key, value]) => {
      if (!hasType(value, type)) throw new Unusable(`variations.${key}`, `must be ${EXPECTED[type]}`);
      return [key, typeof value === "bigint" ? Number(value) : value];
    }),
  );
}

function hasType(value: Json, type: FlagType): boolean {
  switch (type) {
    case "boolean":
    case "string":
      return typeof value === type;
    case "object":
      return typeof value === "object" && value !== null;
    case "integer":
      return typeof value === "bigint" ? Number.isSafeInteger(Number(value)) : Number.isSafeInteger(value);
    case "number":
      return isNumber(value) && Number.isFinite(Number(value));
  }
}

/** Read the metadata of what answers under a key. */
export function readMetadata(fields: JsonObject): Flag["metadata"] {
  const found = optional(fields, "metadata", OBJECT, "", {});
  for (const [name, value] of Object.entries(found)) {
    if (typeof value === "object") throw new InvalidConfig(`metadata.${name}`, "must be a text, a number or a boolean");
  }
  return found as Flag["metadata"];
}

function readPrerequisite(document: Json, path: string): Prerequisite {
  const fields = expect(document, OBJECT, path);
  return { flag: required(fields, "flag", TEXT, path), variation: required(fields, "variation", TEXT, path) };
}

function readTarget(document: Json, path: string, variations: ReadonlyMap<string, Json>): Target {
  const fields = expect(document, OBJECT, path);
  const variation = required(fields, "variation", TEXT, path);
  checkVariation(variation, variations, path);
  return {
    key: required(fields, "key", TEXT, path),
    variation,
    expiresAt: optional(fields, "expires_at", INTEGER, path, undefined),
    override: optional(fields, "override", FLAG, path, false),
  };
}

/**
 * Read the rule at `index`, whose id is `rule-<index + 1>` if it has none. The form `{field, op, value, enabled}` of
 * older clients serves the variation whose value is `enabled`.
 */
function readRule(document: Json, path: string, index: number, variations: ReadonlyMap<string, Json>): Rule {
  const fields = expect(document, OBJECT, path);
  const id = optional(fields, "id", TEXT, path, `rule-${index + 1}`);
  const description = optional(fields, "description", TEXT, path, "");
  if (Object.hasOwn(fields, "field")) {
    refuseOthers(fields, SIMPLE_FIELDS, path);
    const parts = Object.entries(fields).filter(([name]) => ["field", "op", "value"].includes(name));
    const condition = readCondition(Object.fromEntries(parts), path);
    const enabled = optional(fields, "enabled", FLAG, path, true);
    const served = [...variations].find(([, value]) => value === enabled);
    if (served === undefined) throw new InvalidConfig(at(path, "enabled"), "no variation of the flag has this value");
    return { id, description, condition, serve: { variation: served[0] } };
  }
  refuseOthers(fields, RULE_FIELDS, path);
  if (!Object.hasOwn(fields, "if")) throw new InvalidConfig(at(path, "if"), "is missing");
  return {
    id,
    description,
    condition: readCondition(field(fields, "if"), at(path, "if")),
    serve: readServe(required(fields, "then", OBJECT, path), at(path, "then"), variations),
  };
}

/** Remote configs as JSON. */

import { InvalidConfig } from "../errors.js";
import type { Json, JsonObject } from "../json.js";
import type { Condition, ConfigOverride, RemoteConfig } from "../model.js";
import { readCondition } from "./conditions.js";
import {
  at,
  choice,
  expect,
  field,
  FLAG,
  INTEGER,
  LIST,
  listOf,
  OBJECT,
  optional,
  refuseOthers,
  required,
  TEXT,
} from "./fields.js";
import { readMetadata } from "./flags.js";

const MODES = ["first", "merge"] as const;
const OVERRIDE_FIELDS = ["id", "if", "segment", "value"];

/** Read and check a remote config; InvalidConfig names the path of the first field that can't be evaluated. */
export function readRemoteConfig(fields: JsonObject): RemoteConfig {
  return {
    key: required(fields, "key", TEXT, ""),
    value: required(fields, "value", OBJECT, ""),
    resolve: choice(optional(fields, "resolve", TEXT, "", "first"), MODES, "resolve"),
    overrides: listOf(fields, "overrides", "", readOverride),
    invalid: listOf(fields, "invalid", "", readPositions),
    clientVisible: optional(fields, "client_visible", FLAG, "", false),
    archived: optional(fields, "archived", FLAG, "", false),
    version: optional(fields, "version", INTEGER, "", 0),
    metadata: readMetadata(fields),
    document: fields,
  };
}

/** Read the override at `index`, whose id is `override-<index + 1>` if it has none. */
function readOverride(document: Json, path: string, index: number): ConfigOverride {
  const fields = expect(document, OBJECT, path);
  refuseOthers(fields, OVERRIDE_FIELDS, path);
  return {
    id: optional(fields, "id", TEXT, path, `override-${index + 1}`),
    condition: readOverrideCondition(fields, path),
    value: required(fields, "value", OBJECT, path),
  };
}

/** `{"segment": key, ...}` says the same as `{"if": {"segment": key}, ...}`. */
function readOverrideCondition(fields: JsonObject, path: string): Condition {
  const segment = optional(fields, "segment", TEXT, path, undefined);
  const condition = field(fields, "if") ?? undefined;
  if (segment === undefined) {
    if (condition === undefined) throw new InvalidConfig(at(path, "if"), "is missing");
    return readCondition(condition, at(path, "if"));
  }
  if (condition !== undefined) {
    throw new InvalidConfig(at(path, "segment"), "stands beside an if; one of them at most");
  }
  return { form: "segment", segment };
}

function readPositions(document: Json, path: string): number[] {
  return expect(document, LIST, path).map((each, index) => expect(each, INTEGER, `${path}[${index}]`));
}
